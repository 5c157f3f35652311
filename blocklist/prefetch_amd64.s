#include "textflag.h"

// func prefetch(keys, indexes *uint64, n int)
TEXT ·prefetch(SB), NOSPLIT, $0-24
	MOVQ keys+0(FP), AX
	MOVQ indexes+8(FP), BX
	MOVQ n+16(FP), CX

next:
	MOVQ       (BX), DX
	PREFETCHT0 (AX)(DX*8)
	ADDQ       $8, BX
	DECQ       CX
	JNZ        next
	RET
