package blocklist

// Prefetch has the memory bring what AtBatch will read first for the same indexes, while the caller does something else:
// a list of millions of targets is in no cache, and a look at it takes longer than all else that a probe takes. Some tens
// of indexes at a time are as many as a processor keeps track of. It changes nothing that anything returns.
func (p *Pairs) Prefetch(indexes []uint64) {
	if len(indexes) > 0 && len(p.keys) > 0 {
		prefetch64(&p.keys[0], &indexes[0], len(indexes), 0, 8)
	}
}

// Prefetch is to AtBatch what [Pairs.Prefetch] is to that of Pairs. It does nothing where the table for AtBatch is small,
// as it is for most scans.
func (s *Set) Prefetch(indexes []uint64) {
	if len(indexes) == 0 || len(s.lasts) == 0 {
		return
	}
	s.once.Do(s.indexRanks)
	switch x := &s.byRank; {
	case x.list != nil:
		prefetch32(&x.list[0], &indexes[0], len(indexes), 0, 4)
	case x.blocks.blocks != nil:
		prefetchBlocks(&x.blocks.blocks[0], &indexes[0], len(indexes), uint64(x.blocks.shape.shift), blockSize)
	}
}
