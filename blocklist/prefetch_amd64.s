#include "textflag.h"

// func prefetch64(list *uint64, indexes *uint64, n int, shift, size uint64)
TEXT ·prefetch64(SB), NOSPLIT, $0-40
	MOVQ list+0(FP), AX
	MOVQ indexes+8(FP), BX
	MOVQ n+16(FP), SI
	MOVQ shift+24(FP), CX
	MOVQ size+32(FP), DI

next:
	MOVQ       (BX), DX
	SHRQ       CX, DX
	IMULQ      DI, DX
	PREFETCHT0 (AX)(DX*1)
	ADDQ       $8, BX
	DECQ       SI
	JNZ        next
	RET

// func prefetch32(list *uint32, indexes *uint64, n int, shift, size uint64)
TEXT ·prefetch32(SB), NOSPLIT, $0-40
	JMP ·prefetch64(SB)

// func prefetchBlocks(list *block, indexes *uint64, n int, shift, size uint64)
TEXT ·prefetchBlocks(SB), NOSPLIT, $0-40
	JMP ·prefetch64(SB)
