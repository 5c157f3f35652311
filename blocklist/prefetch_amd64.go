package blocklist

// prefetch asks for keys[i] for each of n indexes, n > 0. Asking for what is not there does no harm.
//
//go:noescape
func prefetch(keys, indexes *uint64, n int)

// Prefetch has the memory bring what AtBatch will read for the same indexes, while the caller does something else: a list
// of millions of targets is in no cache, and a look at it takes longer than all else that a probe takes. Some tens of
// indexes at a time are as many as a processor keeps track of. It is of no consequence to what anything returns.
func (p *Pairs) Prefetch(indexes []uint64) {
	if len(indexes) > 0 && len(p.keys) > 0 {
		prefetch(&p.keys[0], &indexes[0], len(indexes))
	}
}
