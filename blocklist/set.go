package blocklist

import (
	"iter"
	"slices"
)

// Set is a set of IPv4 addresses. It never changes, so any number of goroutines may use it at once. The zero Set is
// empty.
//
// A Set takes 8 bytes for each of its disjoint ranges and 8 to 32 for the two tables that make At and Contains fast.
type Set struct {
	spans  []span // ascending, with a gap between any two
	byRank index  // finds the span of the i-th address
	byAddr index  // finds the span of an address
}

// span is one range of a Set: its last address, and that address's rank, the number of addresses of the set below it.
// The rank of the first address is one above the rank of the span before, which gives the length. Only what ends a
// span is kept because ends fit 32 bits for any set: 2^32 addresses have ranks 0 to 2^32-1.
type span struct {
	last, rank uint32
}

// New returns the set of the addresses of all ranges, which may overlap and come in any order. Empty ranges (First
// above Last) add nothing. It copies ranges, and sorts the copy.
func New(ranges ...Range) *Set {
	keys := make([]uint64, 0, len(ranges)) // whole numbers sort faster than structs with a comparison function
	for _, r := range ranges {
		if r.First <= r.Last {
			keys = append(keys, uint64(r.First)<<32|uint64(r.Last))
		}
	}
	slices.Sort(keys)
	return build(merged(keys))
}

// All returns the set of all 2^32 addresses.
func All() *Set {
	return New(Range{First: 0, Last: addressSpace - 1})
}

// merged yields the ranges packed into keys, first address on top, as disjoint ranges. keys must be sorted.
func merged(keys []uint64) iter.Seq[Range] {
	return func(yield func(Range) bool) {
		var open Range
		for i, key := range keys {
			first, last := uint32(key>>32), uint32(key)
			switch {
			case i == 0:
				open = Range{First: first, Last: last}
			case uint64(first) <= uint64(open.Last)+1: // an overlap or a neighbour
				open.Last = max(open.Last, last)
			case !yield(open):
				return
			default:
				open = Range{First: first, Last: last}
			}
		}
		if len(keys) > 0 {
			yield(open)
		}
	}
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
	spans := make([]span, 0, n)
	size := uint32(0) // modulo 2^32: only the full set wraps, and only after its one span
	for r := range ranges {
		size += r.Last - r.First + 1
		spans = append(spans, span{last: r.Last, rank: size - 1})
	}
	top := uint64(spans[n-1].rank)
	return &Set{
		spans:  spans,
		byRank: newIndex(n, top, func(k int) uint32 { return spans[k].rank }),
		byAddr: newIndex(n, addressSpace-1, func(k int) uint32 { return spans[k].last }),
	}
}

// Len returns the number of addresses, 0 to 2^32.
func (s *Set) Len() uint64 {
	if len(s.spans) == 0 {
		return 0
	}
	return uint64(s.spans[len(s.spans)-1].rank) + 1
}

// NumRanges returns the number of ranges that Ranges yields.
func (s *Set) NumRanges() int { return len(s.spans) }

// Ranges yields the set as the fewest ranges that make it up, in ascending order.
func (s *Set) Ranges() iter.Seq[Range] {
	return func(yield func(Range) bool) {
		for k := range s.spans {
			if !yield(s.rangeOf(k)) {
				return
			}
		}
	}
}

// rangeOf returns span k, which must exist, as a Range.
func (s *Set) rangeOf(k int) Range {
	last := s.spans[k].last
	return Range{First: last - (s.spans[k].rank - s.firstRank(k)), Last: last}
}

// firstRank returns the rank of the first address of span k.
func (s *Set) firstRank(k int) uint32 {
	if k == 0 {
		return 0
	}
	return s.spans[k-1].rank + 1
}
