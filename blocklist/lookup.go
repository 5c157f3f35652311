package blocklist

import "math/bits"

// At returns the i-th address of the set in ascending order, counted from 0. i must be less than Len; with any other
// index At panics, as a slice does, because an address outside the set is one that must not be probed.
//
// The time does not depend on the set but for cache misses: over all i, fewer than two spans are visited on average,
// however the ranges are spread (see index), and a single i never costs more than a binary search.
func (s *Set) At(i uint64) uint32 {
	k, end := s.byRank.bucket(i)
	if end-k > walkMax {
		k = s.searchRank(i, k, end)
	}
	for uint64(s.spans[k].rank) < i { // beyond Len this walks off the end: that is the panic
		k++
	}
	sp := s.spans[k]
	return sp.last - (sp.rank - uint32(i))
}

// AtBatch stores At(indexes[j]) in addrs[j] for each j; addrs must be at least as long as indexes. Some tens to hundreds
// of indexes make a good batch.
//
// It is for the packet path. At has two loads that miss the cache in a set of a million ranges, one waiting for the
// other, and in a loop that does a probe's work between two calls nothing hides that. AtBatch has the loads of the whole
// batch under way at once, which makes an address cost about a tenth (BenchmarkSetAtBatch, BenchmarkSetAtSerial).
func (s *Set) AtBatch(addrs []uint32, indexes []uint64) {
	addrs = addrs[:len(indexes)]
	if len(s.spans) > cachedSpans {
		for j, i := range indexes { // bring the table into the cache: no load waits for another
			first, _ := s.byRank.bucket(i)
			addrs[j] = uint32(first)
		}
		for j := range addrs { // then the spans
			addrs[j] = s.spans[addrs[j]].rank
		}
	}
	for j, i := range indexes {
		addrs[j] = s.At(i)
	}
}

// cachedSpans is the number of spans up to which they and their table are in a core's own cache anyway: 128 KiB and at
// most 256 KiB.
const cachedSpans = 1 << 14

// Contains reports whether addr is in the set. It costs what At costs for addresses spread over the address space, and
// at most a binary search.
func (s *Set) Contains(addr uint32) bool {
	if len(s.spans) == 0 {
		return false // the zero Set has no table
	}
	k, end := s.byAddr.bucket(uint64(addr))
	if end-k > walkMax {
		k = s.searchAddr(addr, k, end)
	}
	for k < len(s.spans) && s.spans[k].last < addr {
		k++
	}
	return k < len(s.spans) && s.spans[k].last-addr <= s.spans[k].rank-s.firstRank(k)
}

// walkMax is the number of spans up to which a walk through a bucket, which the processor predicts and prefetches, is
// faster than a binary search, which it cannot.
const walkMax = 8

// searchRank returns the first span from k to end whose rank is at least i, or end.
func (s *Set) searchRank(i uint64, k, end int) int {
	for k < end {
		mid := int(uint(k+end) / 2)
		if uint64(s.spans[mid].rank) < i {
			k = mid + 1
		} else {
			end = mid
		}
	}
	return k
}

// searchAddr returns the first span from k to end whose last address is at least addr, or end.
func (s *Set) searchAddr(addr uint32, k, end int) int {
	for k < end {
		mid := int(uint(k+end) / 2)
		if s.spans[mid].last < addr {
			k = mid + 1
		} else {
			end = mid
		}
	}
	return k
}

// index finds where in an ascending list to begin looking for a value. It cuts the values into equal buckets and
// holds, for each, the first list element that is not below the bucket.
//
// With at least as many buckets as elements, values drawn evenly meet fewer than two elements on average wherever the
// elements are: a crowded bucket is made up for by empty ones. Ranks are always drawn evenly, because the ranks of a
// set have no gaps.
type index struct {
	starts []uint32 // one for each bucket, and the length of the list
	shift  uint8    // a bucket is 2^shift values
}

// newIndex indexes n elements, n > 0, of which key gives the k-th, for values from 0 to top.
func newIndex(n int, top uint64, key func(k int) uint32) index {
	shift := max(bits.Len64(top)-bucketBits(n), 0)
	buckets := top>>shift + 1
	starts := make([]uint32, buckets+1)
	k := 0
	for b := range buckets {
		for k < n && uint64(key(k)) < b<<shift {
			k++
		}
		starts[b] = uint32(k)
	}
	starts[buckets] = uint32(n)
	return index{starts: starts, shift: uint8(shift)}
}

// bucketBits returns the logarithm of the number of buckets for n elements. One to two an element is enough; four
// times that is a little faster, and affordable while the table is at most 256 KiB and stays in a core's own cache.
func bucketBits(n int) int {
	const cached = 16
	least := bits.Len(uint(n))
	return max(least, min(least+2, cached))
}

// bucket returns the first and the last element that may be the first one not below v. The last may be one past the
// list.
func (x *index) bucket(v uint64) (first, last int) {
	b := v >> (x.shift & 63) // the mask tells the compiler that the shift is in range
	return int(x.starts[b]), int(x.starts[b+1])
}
