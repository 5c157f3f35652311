#include "textflag.h"

// Shuffles of bytes within 64-bit lanes, in both halves of a register; 0x80 makes a zero. A lane that begins with the
// bytes of one field, little endian, becomes the field's word of the header, big endian, with zeros around it.
#define LANES(name, lo, hi) \
	DATA name<>+0(SB)/8, lo  \
	DATA name<>+8(SB)/8, hi  \
	DATA name<>+16(SB)/8, lo \
	DATA name<>+24(SB)/8, hi \
	GLOBL name<>(SB), RODATA|NOPTR, $32

LANES(idWord, $0x8080000180808080, $0x8080080980808080)     // ID: header bytes 4 and 5
LANES(srcWord, $0x0001020380808080, $0x08090a0b80808080)    // source: bytes 12 to 15
LANES(ipSumWord, $0x8080808002038080, $0x808080800a0b8080)  // bytes 10 and 11, from the upper half of a dword
LANES(dstWord, $0x8080808004050607, $0x808080800c0d0e0f)    // destination: bytes 16 to 19
LANES(portsWord, $0x0203000180808080, $0x0a0b080980808080)  // both ports: bytes 20 to 23
LANES(seqWord, $0x8080808004050607, $0x808080800c0d0e0f)    // sequence number: bytes 24 to 27
LANES(tcpSumWord, $0x8080060780808080, $0x80800e0f80808080) // bytes 36 and 37, from the upper half of a dword
LANES(swapHalves, $0x0504070601000302, $0x0d0c0f0e09080b0a) // the 16-bit halves of each dword

// func patchAVX2(words *patchWords, mem *byte, limit uint64, at *uint64, probes *Probe, n int) (done int)
//
// It writes four frames at a time: a lane is a probe. n is a multiple of 4. It stops, in front of four, where a frame
// begins beyond limit or its buffer does not hold a frame of the template.
TEXT ·patchAVX2(SB), NOSPLIT, $0-56
	MOVQ words+0(FP), AX
	MOVQ mem+8(FP), BX
	MOVQ limit+16(FP), CX
	MOVQ at+24(FP), SI
	MOVQ probes+32(FP), DI
	MOVQ n+40(FP), DX
	MOVL 48(AX), R12                // data offset, flags and window, as in memory
	XORQ R13, R13
	VPCMPEQD Y15, Y15, Y15
	VPSRLQ   $32, Y15, Y14          // the lower dword of each lane
	VPSRLQ   $48, Y15, Y13          // the lower word
	VPBROADCASTQ 0(AX), Y12         // constant part of the IPv4 sum
	VPBROADCASTQ 8(AX), Y11         // and of the TCP sum

four:
	CMPQ R13, DX
	JGE  end

#define FRAME(i, reg) \
	MOVQ i(SI)(R13*8), reg \
	CMPQ reg, CX           \
	JA   end               \
	ADDQ BX, reg           \
	CMPL 32(reg), R12      \
	JNE  end

	FRAME(0, R8)
	FRAME(8, R9)
	FRAME(16, R10)
	FRAME(24, R11)

	// Three words of each probe: addresses, ports and sequence number, ID.
	VMOVQ       0(DI), X0
	VMOVHPS     20(DI), X0, X0
	VMOVQ       40(DI), X1
	VMOVHPS     60(DI), X1, X1
	VINSERTI128 $1, X1, Y0, Y0
	VMOVQ       8(DI), X1
	VMOVHPS     28(DI), X1, X1
	VMOVQ       48(DI), X2
	VMOVHPS     68(DI), X2, X2
	VINSERTI128 $1, X2, Y1, Y1
	VMOVD       16(DI), X2
	VPINSRD     $2, 36(DI), X2, X2
	VMOVD       56(DI), X3
	VPINSRD     $2, 76(DI), X3, X3
	VINSERTI128 $1, X3, Y2, Y2
	VPAND       Y13, Y2, Y2

	// The sums, each 36 bits at most. Where a word stands in them does not matter, nor in which order its bytes are.
	VPAND  Y14, Y0, Y3
	VPSRLQ $32, Y0, Y4
	VPADDQ Y4, Y3, Y3               // addresses
	VPAND  Y14, Y1, Y4
	VPSRLQ $32, Y1, Y5
	VPADDQ Y5, Y4, Y4               // ports and sequence number
	VPADDQ Y3, Y4, Y4
	VPADDQ Y2, Y3, Y3
	VPADDQ Y12, Y3, Y3              // IPv4
	VPADDQ Y11, Y4, Y4              // TCP

	// Folded as foldHigh does, both in one register: IPv4 in the lower dwords, TCP in the upper.
	VPSHUFD  $0xB1, Y3, Y5
	VPADDQ   Y5, Y3, Y3
	VPSHUFD  $0xB1, Y4, Y5
	VPADDQ   Y5, Y4, Y4
	VPSRLQ   $32, Y3, Y3
	VPBLENDD $0xAA, Y4, Y3, Y3
	VPSHUFB  swapHalves<>(SB), Y3, Y4
	VPADDD   Y4, Y3, Y3

	// The words of the headers. What the template has in the place of a checksum is ones: XOR makes the complement.
	VPBROADCASTQ 16(AX), Y4
	VPSHUFB      idWord<>(SB), Y2, Y2
	VPXOR        Y4, Y2, Y2         // word 0
	VPBROADCASTQ 24(AX), Y4
	VPSHUFB      srcWord<>(SB), Y0, Y5
	VPSHUFB      ipSumWord<>(SB), Y3, Y6
	VPXOR        Y5, Y4, Y4
	VPXOR        Y6, Y4, Y4         // word 1
	VPSHUFB      dstWord<>(SB), Y0, Y5
	VPSHUFB      portsWord<>(SB), Y1, Y6
	VPXOR        Y6, Y5, Y5         // word 2
	VPBROADCASTQ 40(AX), Y6
	VPSHUFB      seqWord<>(SB), Y1, Y7
	VPXOR        Y7, Y6, Y6         // word 3
	VPBROADCASTQ 48(AX), Y7
	VPSHUFB      tcpSumWord<>(SB), Y3, Y8
	VPXOR        Y8, Y7, Y7         // word 4

	VMOVLPS      X2, 0(R8)
	VMOVHPS      X2, 0(R9)
	VEXTRACTI128 $1, Y2, X2
	VMOVLPS      X2, 0(R10)
	VMOVHPS      X2, 0(R11)
	VPUNPCKLQDQ  Y5, Y4, Y8         // words 1 and 2 of probes 0 and 2
	VPUNPCKHQDQ  Y5, Y4, Y9         // and of 1 and 3
	VMOVDQU      X8, 8(R8)
	VMOVDQU      X9, 8(R9)
	VEXTRACTI128 $1, Y8, 8(R10)
	VEXTRACTI128 $1, Y9, 8(R11)
	VPUNPCKLQDQ  Y7, Y6, Y8         // words 3 and 4
	VPUNPCKHQDQ  Y7, Y6, Y9
	VMOVDQU      X8, 24(R8)
	VMOVDQU      X9, 24(R9)
	VEXTRACTI128 $1, Y8, 24(R10)
	VEXTRACTI128 $1, Y9, 24(R11)

	ADDQ $80, DI
	ADDQ $4, R13
	JMP  four

end:
	VZEROUPPER
	MOVQ R13, done+48(FP)
	RET
