package blocklist

import "golang.org/x/sys/cpu"

// countAVX2 is countEach for n ranks, n > 0.
//
//go:noescape
func countAVX2(blocks *block, counts *uint32, ranks *uint64, n int, shift uint64)

// count stores base plus marks for each rank, or unplaced. With AVX2 it takes less than half the time.
func (t *blockTable) count(counts []uint32, ranks []uint64) {
	if !cpu.X86.HasAVX2 || !cpu.X86.HasPOPCNT || len(ranks) == 0 {
		t.countEach(counts, ranks)
		return
	}
	counts = counts[:len(ranks)]
	countAVX2(&t.blocks[0], &counts[0], &ranks[0], len(ranks), uint64(t.shape.shift))
}
