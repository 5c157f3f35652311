package blocklist

import "math/bits"

// blockShape is what can be chosen about a blockTable.
type blockShape struct {
	shift uint8 // a bucket is 2^shift ranks, at most 2^15
	holes bool  // marks are addresses left out, not beginnings of spans
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
