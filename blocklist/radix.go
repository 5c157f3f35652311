package blocklist

import (
	"math/bits"
	"slices"
)

// radixMin is the number of keys from which on distributing them is faster than comparing them.
const radixMin = 64

// sortKeys sorts keys in place. It distributes them by their highest 8 bits that differ, then each bucket by the next,
// and so on: an American flag sort. Against slices.Sort it wins by never guessing a branch wrong, and leaves sorted
// keys alone (BenchmarkSortKeys).
func sortKeys(keys []uint64) {
	if !slices.IsSorted(keys) {
		distribute(keys)
	}
}

func distribute(keys []uint64) {
	if len(keys) < radixMin {
		slices.Sort(keys)
		return
	}
	common, some := ^uint64(0), uint64(0)
	for _, key := range keys {
		common &= key
		some |= key
	}
	if common == some {
		return // all are equal
	}
	shift := max(bits.Len64(common^some)-8, 0)
	start := 0
	for _, end := range exchange(keys, shift) {
		distribute(keys[start:end])
		start = end
	}
}

// exchange brings the keys in order of their 8 bits from shift on; bits above must be the same in all. It returns where
// the bucket of each value ends.
func exchange(keys []uint64, shift int) (ends [256]int) {
	digit := func(key uint64) uint8 { return uint8(key >> (shift & 63)) }
	for _, key := range keys {
		ends[digit(key)]++
	}
	var next [256]int // where the next key of each bucket goes
	sum := 0
	for b, n := range ends {
		next[b] = sum
		sum += n
		ends[b] = sum
	}
	for b := range next {
		for next[b] < ends[b] {
			key := keys[next[b]]
			for digit(key) != uint8(b) { // carry the key to its bucket, and go on with the one that lay there
				at := &next[digit(key)]
				keys[*at], key = key, keys[*at]
				*at++
			}
			keys[next[b]] = key
			next[b]++
		}
	}
	return ends
}
