package blocklist

// block holds the places of up to 14 marks in a bucket of at most 2^15 ranks, and a base, the number of marks below the
// bucket or whatever else the count of marks is to be added to. It is half a cache line, so that a count costs one miss,
// and it is counted without a branch, as which marks are reached is anybody's guess.
//
//	word 0   mark 1 | mark 0 |      base
//	word 1   mark 5 | mark 4 | mark 3 | mark 2
//	word 2   mark 9 | ...
//	word 3
//
// A mark is a lane of 16 bits with 2^15 minus the offset of its rank in the bucket. Added to the offset of another rank,
// that sets the top bit of the lane if and only if the other is at the mark or above, and never carries into the next
// lane. A lane of 0 is no mark.
type block [4]uint64

const (
	blockMarks = 14
	blockSize  = 32 // bytes
	maxOffset  = 1<<15 - 1
	everyLane  = 0x0001_0001_0001_0001
)

// add puts mark number n at an offset from 0 to maxOffset.
func (b *block) add(n int, offset uint64) {
	lane := n + 2 // after the base
	b[lane/4] |= (maxOffset + 1 - offset) << (lane % 4 * 16)
}

func (b *block) setBase(base uint32) { b[0] |= uint64(base) }
func (b *block) base() uint32        { return uint32(b[0]) }

// reached returns the number of marks at or below an offset from 0 to maxOffset.
func (b *block) reached(offset uint64) uint32 {
	offset *= everyLane
	sum := (offset<<32+b[0])>>47&0x0001_0001 +
		(offset+b[1])>>15&everyLane + (offset+b[2])>>15&everyLane + (offset+b[3])>>15&everyLane
	return uint32(sum * everyLane >> 48) // the top lane of the product is the sum of all lanes
}
