//go:build !amd64

package blocklist

// Prefetch has the memory bring what AtBatch will read for the same indexes. On this architecture it does nothing.
func (p *Pairs) Prefetch(indexes []uint64) {}
