package blocklist

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

// unplaced stands for a count that only a search can tell. It is no gap of a set of many spans and no number of a span.
const unplaced = 1<<32 - 1

// at stores the address of each rank of s. It takes several passes: the first has the most loads under way, the second has
// just registers enough, so that a call in it would cost as much as the count, and the call comes before the next loads.
func (t *blockTable) at(s *Set, addrs []uint32, ranks []uint64) {
	addrs = addrs[:len(ranks)]
	t.fetch(s, addrs, ranks)
	t.count(addrs, ranks)
	for j, i := range ranks {
		if addrs[j] == unplaced {
			addrs[j] = t.search(s, i)
		}
	}
	if t.shape.holes {
		for j, i := range ranks {
			addrs[j] += uint32(i)
		}
		return
	}
	gaps := s.gaps
	for j, i := range ranks {
		addrs[j] = uint32(i) + gaps[addrs[j]]
	}
}

// fetch brings the blocks of all ranks into the cache, with the loop that can have the most loads under way, and panics at
// a rank that does not exist. What it stores is of no use.
func (t *blockTable) fetch(s *Set, bases []uint32, ranks []uint64) {
	bases, n := bases[:len(ranks)], s.Len()
	blocks, shift := t.blocks, t.shape.shift&63
	for j, i := range ranks {
		if i >= n {
			panic(beyond(s, i))
		}
		bases[j] = blocks[i>>shift].base()
	}
}

// countEach is count, one by one.
func (t *blockTable) countEach(counts []uint32, ranks []uint64) {
	counts = counts[:len(ranks)]
	blocks, shift := t.blocks, t.shape.shift&63 // the mask tells the compiler that the shift is in range
	mask := uint64(1)<<shift - 1
	for j, i := range ranks {
		b := &blocks[i>>shift]
		reached := b.reached(i & mask)
		sum := b.base() + reached
		if reached == blockMarks {
			sum = unplaced
		}
		counts[j] = sum
	}
}

// search returns base plus marks for rank i, which reaches all marks that the block has.
func (t *blockTable) search(s *Set, i uint64) uint32 {
	b := i >> t.shape.shift
	least, most := t.blocks[b].base(), t.blocks[b+1].base()
	if least+blockMarks == most {
		return most // all marks of the bucket are in the block: no need to go to the spans, which are out of the cache
	}
	if !t.shape.holes {
		least, most = s.gaps[least], s.gaps[most]
	}
	return t.shape.base(s, s.searchRank(i, uint32(i)+least, uint32(i)+most))
}
