#include "textflag.h"

// func countAVX2(blocks *block, counts *uint32, ranks *uint64, n int, shift uint64)
//
// Every rank must have a block. As in reached, a lane to which the offset is added has its top bit set if and only if its
// mark is reached; here all lanes of a block are one register, and its top bits are counted.
TEXT ·countAVX2(SB), NOSPLIT, $0-40
	MOVQ blocks+0(FP), AX
	MOVQ counts+8(FP), BX
	MOVQ ranks+16(FP), SI
	MOVQ n+24(FP), DI
	MOVQ shift+32(FP), CX
	MOVL $1, R13
	SHLQ CX, R13
	DECQ R13                        // the offset within a bucket
	MOVL $0xffffffff, R12           // unplaced
	XORQ R14, R14

next:
	MOVQ         (SI)(R14*8), R8
	MOVQ         R8, R9
	SHRQ         CX, R9
	SHLQ         $5, R9             // blockSize
	ANDQ         R13, R8
	VMOVD        R8, X1
	VPBROADCASTW X1, Y1
	VPADDW       (AX)(R9*1), Y1, Y1
	VPMOVMSKB    Y1, R10
	ANDL         $0xaaaaaaa0, R10   // the upper byte of each lane, but for the two of the base
	POPCNTL      R10, R10
	MOVL         (AX)(R9*1), R11
	ADDL         R10, R11
	CMPL         R10, $14           // blockMarks
	CMOVLEQ      R12, R11
	MOVL         R11, (BX)(R14*4)
	INCQ         R14
	CMPQ         R14, DI
	JLT          next
	VZEROUPPER
	RET
