#include "textflag.h"

// The left rotation by 16 of four 64-bit lanes, as a shuffle of bytes.
DATA rotate16<>+0(SB)/8, $0x0504030201000706
DATA rotate16<>+8(SB)/8, $0x0D0C0B0A09080F0E
DATA rotate16<>+16(SB)/8, $0x0504030201000706
DATA rotate16<>+24(SB)/8, $0x0D0C0B0A09080F0E
GLOBL rotate16<>(SB), RODATA|NOPTR, $32

// rotl rotates x left by n; t is lost. AVX2 has no rotation: two shifts and an OR.
#define ROTL(n, x, t) \
	VPSRLQ $(64-n), x, t \
	VPSLLQ $n, x, x      \
	VPOR   t, x, x

// One round of SipHash on two groups of four lanes, side by side so that one computes while the other waits:
// states Y0-Y3 and Y4-Y7, scratch Y10 and Y11, the shuffle in Y12. A swap of 32-bit halves is a rotation by 32.
#define ROUND \
	VPADDQ  Y1, Y0, Y0       \
	VPADDQ  Y5, Y4, Y4       \
	VPADDQ  Y3, Y2, Y2       \
	VPADDQ  Y7, Y6, Y6       \
	ROTL(13, Y1, Y10)        \
	ROTL(13, Y5, Y11)        \
	VPSHUFB Y12, Y3, Y3      \
	VPSHUFB Y12, Y7, Y7      \
	VPXOR   Y0, Y1, Y1       \
	VPXOR   Y4, Y5, Y5       \
	VPSHUFD $0xB1, Y0, Y0    \
	VPSHUFD $0xB1, Y4, Y4    \
	VPXOR   Y2, Y3, Y3       \
	VPXOR   Y6, Y7, Y7       \
	VPADDQ  Y3, Y0, Y0       \
	VPADDQ  Y7, Y4, Y4       \
	VPADDQ  Y1, Y2, Y2       \
	VPADDQ  Y5, Y6, Y6       \
	ROTL(21, Y3, Y10)        \
	ROTL(21, Y7, Y11)        \
	ROTL(17, Y1, Y8)         \
	ROTL(17, Y5, Y9)         \
	VPXOR   Y0, Y3, Y3       \
	VPXOR   Y4, Y7, Y7       \
	VPXOR   Y2, Y1, Y1       \
	VPXOR   Y6, Y5, Y5       \
	VPSHUFD $0xB1, Y2, Y2    \
	VPSHUFD $0xB1, Y6, Y6

// func cookiesAVX2(state *sip, cookies, messages *uint64, n int)
TEXT ·cookiesAVX2(SB), NOSPLIT, $0-32
	MOVQ state+0(FP), AX
	MOVQ cookies+8(FP), SI
	MOVQ messages+16(FP), BX
	MOVQ n+24(FP), CX
	VMOVDQU rotate16<>(SB), Y12
	MOVQ $0xff, DX
	VMOVQ DX, X13
	VPBROADCASTQ X13, Y13

eight:
	VPBROADCASTQ 0(AX), Y0
	VPBROADCASTQ 8(AX), Y1
	VPBROADCASTQ 16(AX), Y2
	VPBROADCASTQ 24(AX), Y3
	VMOVDQU 0(BX), Y14
	VMOVDQU 32(BX), Y15
	VMOVDQA Y0, Y4
	VMOVDQA Y1, Y5
	VMOVDQA Y2, Y6
	VPXOR Y15, Y3, Y7
	VPXOR Y14, Y3, Y3
	ROUND
	VPXOR Y14, Y0, Y0
	VPXOR Y15, Y4, Y4
	VPXOR Y13, Y2, Y2
	VPXOR Y13, Y6, Y6
	ROUND
	ROUND
	ROUND
	VPXOR Y1, Y0, Y0
	VPXOR Y5, Y4, Y4
	VPXOR Y3, Y2, Y2
	VPXOR Y7, Y6, Y6
	VPXOR Y2, Y0, Y0
	VPXOR Y6, Y4, Y4
	VMOVDQU Y0, 0(SI)
	VMOVDQU Y4, 32(SI)
	ADDQ $64, BX
	ADDQ $64, SI
	SUBQ $8, CX
	JNZ eight
	VZEROUPPER
	RET
