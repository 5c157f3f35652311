package blocklist

import "math/bits"

// keysPerBucket is the mean number of keys in a bucket of a pairTable, at least: a search of 4 or 5 steps, within one to
// three cache lines, for a table of 4 bytes for 128 of the list.
const keysPerBucket = 16

// pairTable finds where in an ascending list of keys to look for a key. It cuts the stretch from the lowest key to the
// highest into equal buckets, and holds for each the first key that is not below it.
type pairTable struct {
	lowest uint64
	shift  uint8    // a bucket is 2^shift values
	starts []uint32 // one for each bucket, and the number of keys
}

// newPairTable returns the table of keys, of which there are 1 to 2^32-1.
func newPairTable(keys []uint64) pairTable {
	lowest, width := keys[0], keys[len(keys)-1]-keys[0]
	shift := max(bits.Len64(width)-bits.Len(uint(len(keys)/keysPerBucket)), 0)
	starts := make([]uint32, 0, width>>shift+2)
	for i, key := range keys {
		for uint64(len(starts)) <= (key-lowest)>>shift {
			starts = append(starts, uint32(i))
		}
	}
	return pairTable{lowest: lowest, shift: uint8(shift), starts: append(starts, uint32(len(keys)))}
}

// bracket returns indexes between which the first key that is not below key is; it may be the last of them. The zero
// table is that of no keys.
func (t *pairTable) bracket(key uint64) (from, to int) {
	if len(t.starts) == 0 || key <= t.lowest {
		return 0, 0
	}
	bucket := (key - t.lowest) >> (t.shift & 63)
	if bucket >= uint64(len(t.starts)-1) {
		end := int(t.starts[len(t.starts)-1])
		return end, end
	}
	return int(t.starts[bucket]), int(t.starts[bucket+1])
}
