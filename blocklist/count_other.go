//go:build !amd64

package blocklist

// count stores base plus marks for each rank, or unplaced.
func (t *blockTable) count(counts []uint32, ranks []uint64) { t.countEach(counts, ranks) }
