package blocklist

import "fmt"

// At returns the i-th address of the set in ascending order, counted from 0. i must be less than Len; with any other
// index At panics, as a slice does, because an address outside the set is one that must not be probed.
//
// It is AtBatch for one index: the first call makes a table, and two loads that miss the cache wait for each other.
func (s *Set) At(i uint64) uint32 {
	var addrs [1]uint32
	s.AtBatch(addrs[:], []uint64{i})
	return addrs[0]
}

// AtBatch stores At(indexes[j]) in addrs[j] for each j; addrs must be at least as long as indexes, and its contents are
// undefined after a panic. Some hundred indexes make a good batch: short enough for its addresses and what they were
// found in to stay in a core's first cache, long enough to have many loads under way at once.
//
// It is for the packet path: it allocates nothing and takes no lock, but for the first call on a set, which makes a table
// of 24 KiB for the usual scan and of 8 MiB for two million spans. The time does not depend on the set but for cache misses;
// rankIndex says how.
func (s *Set) AtBatch(addrs []uint32, indexes []uint64) {
	if len(s.lasts) > 0 {
		s.once.Do(s.indexRanks)
	}
	s.byRank.at(s, addrs[:len(indexes)], indexes)
}

// beyond is what lookups panic with for rank i.
func beyond(s *Set, i uint64) string {
	return fmt.Sprintf("blocklist: index %d of a set of %d addresses", i, s.Len())
}

// Contains reports whether addr is in the set. It costs a table lookup and a binary search of usually 8 to 16 spans.
func (s *Set) Contains(addr uint32) bool {
	if len(s.lasts) == 0 {
		return false // the zero Set has no table
	}
	k := s.searchAddr(addr)
	return k < len(s.lasts) && s.rangeOf(k).First <= addr
}
