package blocklist

// rankIndex finds addresses by their ranks. A set has the one of three tables that suits it:
//
//	spans           addresses per span   table
//	up to 32768     any number           stepTable: the one span that begins in a bucket of ranks
//	above           up to 2              list: the addresses themselves
//	above           any other            blockTable: all spans that begin in a bucket of ranks
//
// Ranks are drawn evenly, because they have no gaps and a permutation draws each once. So it is buckets of ranks, and
// not of addresses, that meet the same share of lookups each, and a table is judged by the share of ranks for which it
// has no direct answer.
//
// All work in batches, in loops as short as can be: a core has loads under way for as many turns of the loop as fit its
// window of some 250 instructions.
type rankIndex struct {
	steps  stepTable
	list   []uint32
	blocks blockTable
}

// maxSteps is the number of spans up to which there is a stepTable, which is the fastest while its 3 MiB can hold several
// buckets a span.
const maxSteps = 1 << 15

// indexRanks makes byRank. The set must not be empty.
func (s *Set) indexRanks() {
	n := uint64(len(s.lasts))
	switch {
	case n <= maxSteps:
		s.byRank.steps = newStepTable(s)
	case s.Len() <= 2*n:
		s.byRank.list = listed(s)
	default:
		s.byRank.blocks = newBlockTable(s)
	}
}

// at stores the address of each rank of s, and panics at one that does not exist. Each table looks for those in a loop
// that it has anyway. The zero rankIndex, that of an empty set, takes the way of an empty stepTable.
func (x *rankIndex) at(s *Set, addrs []uint32, ranks []uint64) {
	switch {
	case x.list != nil:
		for j, i := range ranks {
			addrs[j] = x.list[i] // out of range if there is no such rank
		}
	case x.blocks.blocks != nil:
		x.blocks.at(s, addrs, ranks)
	default:
		x.steps.at(s, addrs, ranks)
	}
}

// listed returns all addresses of s in ascending order. Where every span is one address that is what the set holds
// anyway.
func listed(s *Set) []uint32 {
	if s.Len() == uint64(len(s.lasts)) {
		return s.lasts
	}
	list := make([]uint32, 0, s.Len())
	for r := range s.Ranges() {
		for addr := r.First; addr != r.Last; addr++ {
			list = append(list, addr)
		}
		list = append(list, r.Last)
	}
	return list
}
