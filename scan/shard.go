package scan

import (
	"fmt"
)

// shard is the part of the order that one process walks.
type shard struct {
	from, to uint64 // positions, to not included
	limit    uint64 // targets to stop after; 0 for none
	// targets is how many there are to be probed, for a shard its share of them. It has that within one in a thousand
	// where there are some millions of targets; of a handful, a part of the positions may hold none at all.
	targets uint64
}

// shard finds what cfg asks for.
func (m *Permutation) shard(cfg *Config) (shard, error) {
	i, shards := uint64(cfg.Shard), uint64(cfg.Shards)
	switch {
	case i >= shards:
		return shard{}, fmt.Errorf("%w: shard %d of %d, not 0 to %d", ErrConfig, i, shards, shards-1)
	case shards > m.n:
		return shard{}, fmt.Errorf("%w: %d shards of %d targets: give as many as there are targets at most", ErrConfig, shards, m.n)
	}
	var s shard
	s.from, s.to = m.Part(i, shards)
	s.targets = share(m.n, i, shards)
	if cfg.MaxTargets > 0 && cfg.MaxTargets < m.n {
		s.limit = share(cfg.MaxTargets, i, shards)
		s.targets = s.limit
		if s.limit == 0 {
			s.to = s.from // fewer targets than shards: this one has none
		}
	}
	return s, nil
}

// share is part i of n, cut into so many parts that differ by at most one.
func share(n, i, parts uint64) uint64 { return muldiv(n, i+1, parts) - muldiv(n, i, parts) }
