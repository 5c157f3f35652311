package blocklist

import "math/bits"

// blockTable finds addresses by rank in a set of many spans. It cuts the ranks into equal buckets of some 4 to 8 spans,
// and has a block for each. In most sets so fragmented, a gap between two spans is a single address, as in the Internet
// minus a list of hosts; then the marks of a block are the addresses left out, as many at one rank as the gap is wide,
// and base plus marks is the gap. Else the marks are the beginnings of spans, and base plus marks is the number of the
// span, whose gap is a second miss:
//
//	marks      base               address of rank i
//	holes      gap                i + (base + marks reached)
//	spans      number of a span   i + gaps[base + marks reached]
//
// A block has the first 14 marks of its bucket. For a rank that reaches all of them there may be more, behind which, or
// behind a gap that is too wide for marks, there is a binary search, for 1 rank in 32 at the most if that can be had. A
// rank before the 14th mark needs no search in any bucket.
type blockTable struct {
	blocks []block // one for each bucket, and one with only a base
	shape  blockShape
}

// blockShape is what can be chosen about a blockTable.
type blockShape struct {
	shift uint8 // a bucket is 2^shift ranks
	holes bool
}

// newBlockTable returns the table for s, which must not be empty.
func newBlockTable(s *Set) blockTable {
	shape := chooseShape(s)
	blocks := make([]block, (s.Len()-1)>>shape.shift+2)
	mask := uint64(1)<<shape.shift - 1
	k := 0 // the span of the last rank of the bucket before
	for b := range blocks {
		blocks[b].setBase(shape.base(s, k))
		marks := 0
		for k+1 < len(s.gaps) && uint64(s.firstRank(k+1))>>shape.shift == uint64(b) {
			k++
			for more := min(shape.marks(s, k), uint32(blockMarks-marks)); more > 0; more-- {
				blocks[b].add(marks, uint64(s.firstRank(k))&mask)
				marks++
			}
		}
	}
	return blockTable{blocks: blocks, shape: shape}
}

// chooseShape returns the shape of the fewest blocks for which no more than 1 rank in 32 needs a search, or the best of
// those with up to one block for two spans.
func chooseShape(s *Set) blockShape {
	n := s.Len()
	perSpan := n / uint64(len(s.gaps))
	log := bits.Len64(perSpan) - 1
	var best blockShape
	fewest := n + 1
	for shift := min(log+4, 15); shift >= min(log+1, 15); shift-- {
		for _, holes := range []bool{true, false} {
			shape := blockShape{shift: uint8(shift), holes: holes}
			searched := shape.searched(s)
			if searched <= n/32 {
				return shape
			}
			if searched < fewest {
				best, fewest = shape, searched
			}
		}
	}
	return best
}

// searched returns the number of ranks that need a search.
func (f blockShape) searched(s *Set) uint64 {
	var searched, bucket uint64
	marks := uint32(0)
	for k := 1; k < len(s.gaps); k++ {
		first := uint64(s.firstRank(k))
		if first>>f.shift != bucket {
			bucket, marks = first>>f.shift, 0
		}
		if marks < blockMarks {
			marks += min(f.marks(s, k), blockMarks)
			if marks >= blockMarks {
				searched += min((bucket+1)<<f.shift, s.Len()) - first
			}
		}
	}
	return searched
}

// base returns what a block has for its base if span k, or one in a bucket before, is the last to begin before it.
func (f blockShape) base(s *Set, k int) uint32 {
	if f.holes {
		return s.gaps[k]
	}
	return uint32(k)
}

// marks returns the number of marks that span k, not the first, has where it begins.
func (f blockShape) marks(s *Set, k int) uint32 {
	if f.holes {
		return s.gaps[k] - s.gaps[k-1]
	}
	return 1
}

// at stores the address of each rank of s.
func (t *blockTable) at(s *Set, addrs []uint32, ranks []uint64) {
	blocks, shift := t.blocks, t.shape.shift&63 // the mask tells the compiler that the shift is in range
	for j, i := range ranks {                   // fetch the blocks: a loop that does no more has the most loads under way
		addrs[j] = blocks[i>>shift].base()
	}
	mask := uint64(1)<<shift - 1
	for j, i := range ranks {
		b := &blocks[i>>shift]
		reached := b.reached(i & mask)
		addrs[j] = b.base() + reached
		if reached == blockMarks {
			addrs[j] = t.search(s, i)
		}
	}
	if t.shape.holes {
		for j, i := range ranks {
			addrs[j] += uint32(i)
		}
		return
	}
	for j, i := range ranks {
		addrs[j] = uint32(i) + s.gaps[addrs[j]]
	}
}

// search returns what base plus marks are for rank i if the block had room for all marks.
//
//go:noinline
func (t *blockTable) search(s *Set, i uint64) uint32 {
	b := i >> t.shape.shift
	least, most := t.blocks[b].base(), t.blocks[b+1].base()
	if !t.shape.holes {
		least, most = s.gaps[least], s.gaps[most]
	}
	k := s.searchRank(i, uint32(i)+least, uint32(i)+most)
	return t.shape.base(s, k)
}
