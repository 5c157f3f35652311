package blocklist

import (
	"math/bits"
	"slices"
)

// addrIndex narrows the search for an address to some 8 to 16 spans, wherever the addresses are spread evenly. It cuts
// the address space into equal buckets and holds, for each, the first span that does not end below the bucket.
//
// It is small on purpose: it serves answers and exceptions, thousands of times rarer than probes, and what it occupies
// of the cache the tables for probes would lose. Where spans crowd in few buckets, a search is as long as it is without.
type addrIndex struct {
	starts []uint32 // one for each bucket, and the number of spans
	shift  uint8    // a bucket is 2^shift addresses
}

// newAddrIndex indexes spans by their last addresses, of which there must be one.
func newAddrIndex(lasts []uint32) addrIndex {
	shift := 32 - max(bits.Len(uint(len(lasts)))-4, 0)
	starts := make([]uint32, uint64(addressSpace)>>shift+1)
	k := 0
	for b := range starts {
		for k < len(lasts) && uint64(lasts[k])>>shift < uint64(b) {
			k++
		}
		starts[b] = uint32(k)
	}
	return addrIndex{starts: starts, shift: uint8(shift)}
}

// between returns the first and the last span that may be the first one not to end below an address from least to most.
// The last may be one past the list.
func (x *addrIndex) between(least, most uint32) (first, last int) {
	return int(x.starts[uint64(least)>>x.shift]), int(x.starts[uint64(most)>>x.shift+1])
}

// searchAddr returns the first span that does not end below addr, or the number of spans. The set must not be empty.
func (s *Set) searchAddr(addr uint32) int {
	first, last := s.byAddr.between(addr, addr)
	n, _ := slices.BinarySearch(s.lasts[first:last], addr)
	return first + n
}

// searchRank returns the span of the i-th address, which must exist and be one of least to most.
func (s *Set) searchRank(i uint64, least, most uint32) int {
	k, end := s.byAddr.between(least, most)
	for k < end {
		mid := int(uint(k+end) / 2)
		if uint64(s.lastRank(mid)) < i {
			k = mid + 1
		} else {
			end = mid
		}
	}
	return k
}
