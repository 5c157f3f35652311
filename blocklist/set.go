package blocklist

import (
	"iter"
	"slices"
	"sync"
)

// Set is a set of IPv4 addresses. It never changes, so any number of goroutines may use it at once. The zero Set is
// empty. A Set must not be copied: the table for At is made at the first use.
//
// It is kept as spans, the disjoint ranges in ascending order with a gap between any two. A span is two numbers: its
// last address, and its gap, the number of addresses below it that the set leaves out. The gap is what turns a rank, the
// number of addresses of the set below one, into that address:
//
//	address    0   1   2   3   4   5   6   7   8
//	set            A   B           C       D   E
//	rank           0   1           2       3   4
//	gap            1   1           3       4   4      address = rank + gap
//
// Both fit 32 bits for any set, and they are two lists rather than one of pairs because lookups need the one or the other.
type Set struct {
	lasts, gaps []uint32

	byAddr addrIndex
	once   sync.Once // makes byRank, which a set that only goes into other sets never needs
	byRank rankIndex
}

// New returns the set of the addresses of all ranges, which may overlap and come in any order. Empty ranges (First
// above Last) add nothing. It copies ranges, and sorts the copy.
func New(ranges ...Range) *Set {
	keys := make([]uint64, 0, len(ranges)) // whole numbers sort faster than structs with a comparison function
	for _, r := range ranges {
		if r.First <= r.Last {
			keys = append(keys, rangeKey(r))
		}
	}
	slices.Sort(keys)
	return build(joined(slices.Values(keys)))
}

// All returns the set of all 2^32 addresses.
func All() *Set {
	return New(Range{First: 0, Last: addressSpace - 1})
}

// build returns the set of ranges that are ascending and have a gap between any two. It runs the sequence twice, once
// to count, so that the set holds no more memory than it needs.
func build(ranges iter.Seq[Range]) *Set {
	n := 0
	for range ranges {
		n++
	}
	if n == 0 {
		return &Set{}
	}
	s := &Set{lasts: make([]uint32, 0, n), gaps: make([]uint32, 0, n)}
	size := uint32(0) // modulo 2^32: only the full set wraps, and only after its one span
	for r := range ranges {
		s.gaps = append(s.gaps, r.First-size)
		s.lasts = append(s.lasts, r.Last)
		size += r.Last - r.First + 1
	}
	s.byAddr = newAddrIndex(s.lasts)
	return s
}

// Len returns the number of addresses, 0 to 2^32.
func (s *Set) Len() uint64 {
	if len(s.lasts) == 0 {
		return 0
	}
	return uint64(s.lastRank(len(s.lasts)-1)) + 1
}

// NumRanges returns the number of ranges that Ranges yields.
func (s *Set) NumRanges() int { return len(s.lasts) }

// Ranges yields the set as the fewest ranges that make it up, in ascending order.
func (s *Set) Ranges() iter.Seq[Range] {
	return func(yield func(Range) bool) {
		for k := range s.lasts {
			if !yield(s.rangeOf(k)) {
				return
			}
		}
	}
}

// rangeOf returns span k, which must exist, as a Range.
func (s *Set) rangeOf(k int) Range {
	return Range{First: s.firstRank(k) + s.gaps[k], Last: s.lasts[k]}
}

// firstRank returns the rank of the first address of span k.
func (s *Set) firstRank(k int) uint32 {
	if k == 0 {
		return 0
	}
	return s.lastRank(k-1) + 1
}

// lastRank returns the rank of the last address of span k.
func (s *Set) lastRank(k int) uint32 { return s.lasts[k] - s.gaps[k] }
