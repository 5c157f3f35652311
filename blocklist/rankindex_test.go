package blocklist

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
)

// walked is the dumb truth about a set: At and Contains by a walk over its ranges.
type walked struct {
	ranges []Range
	ranks  []uint64 // of the first address of each range
}

func walk(s *Set) walked {
	w := walked{ranges: slices.Collect(s.Ranges())}
	rank := uint64(0)
	for _, r := range w.ranges {
		w.ranks = append(w.ranks, rank)
		rank += r.Len()
	}
	return w
}

// at returns the i-th address.
func (w walked) at(i uint64) uint32 {
	k, found := slices.BinarySearch(w.ranks, i)
	if !found {
		k--
	}
	return w.ranges[k].First + uint32(i-w.ranks[k])
}

// checkLookups compares every lookup of s with a walk: at up to 20,000 ranks drawn evenly, or at all of a small set, and
// on both sides of the borders of up to 20,000 ranges.
func checkLookups(t *testing.T, s *Set) {
	t.Helper()
	const samples = 20_000
	w := walk(s)
	random := rand.New(rand.NewPCG(s.Len(), uint64(s.NumRanges())))
	ranks := make([]uint64, 0, 5*samples)
	for j := range min(s.Len(), samples) {
		if s.Len() > samples {
			j = random.Uint64N(s.Len())
		}
		ranks = append(ranks, j)
	}
	for j := range min(len(w.ranges), samples) {
		if len(w.ranges) > samples {
			j = random.IntN(len(w.ranges))
		}
		first, last := w.ranks[j], w.ranks[j]+w.ranges[j].Len()-1
		ranks = append(ranks, first, last, max(first, 1)-1, min(last+1, s.Len()-1))
		checkBorders(t, s, w.ranges[j], j+1 < len(w.ranges) && w.ranges[j].Last+2 == w.ranges[j+1].First)
	}
	addrs := make([]uint32, len(ranks))
	s.AtBatch(addrs, ranks)
	for j, i := range ranks {
		want := w.at(i)
		if addrs[j] != want || s.At(i) != want || !s.Contains(want) {
			t.Fatalf("rank %d of %d in %d ranges: AtBatch gives %v, At %v, Contains %v, want %v", i, s.Len(), len(w.ranges),
				ToAddr(addrs[j]), ToAddr(s.At(i)), s.Contains(want), ToAddr(want))
		}
	}
}

// checkBorders checks Contains inside and outside the borders of r. isTight says that the gap above is one address.
func checkBorders(t *testing.T, s *Set, r Range, isTight bool) {
	t.Helper()
	if !s.Contains(r.First) || !s.Contains(r.Last) {
		t.Fatalf("Contains says that %v is not in the set", r)
	}
	below, above := r.First-1, r.Last+1
	if r.First != 0 && s.Contains(below) || r.Last != math.MaxUint32 && s.Contains(above) {
		t.Fatalf("Contains says that a neighbour of %v is in the set", r)
	}
	if isTight && !s.Contains(above+1) {
		t.Fatalf("Contains says that the range above %v is not in the set", r)
	}
}

// every returns n ranges of length addresses, one each period, from an address on.
func every(from uint32, n int, length, period uint32) []Range {
	ranges := make([]Range, n)
	for j := range ranges {
		first := from + uint32(j)*period
		ranges[j] = Range{First: first, Last: first + length - 1}
	}
	return ranges
}

// spread returns n ranges at random places, each of 1 to most addresses.
func spread(n int, most uint32) []Range {
	random := rand.New(rand.NewPCG(5, 6))
	ranges := make([]Range, n)
	for j := range ranges {
		first := random.Uint32()
		ranges[j] = Range{First: first, Last: first + min(random.Uint32N(most), math.MaxUint32-first)}
	}
	return ranges
}

// TestLookupsAgainstWalk covers each table of rankIndex with sets that suit it and with the worst for it.
func TestLookupsAgainstWalk(t *testing.T) {
	const many = maxSteps + 1000 // spans enough for a list or blocks
	tests := []struct {
		name   string
		ranges []Range
	}{
		{"one address", []Range{{5, 5}}},
		{"the last address", []Range{{math.MaxUint32, math.MaxUint32}}},
		{"all addresses", []Range{{0, math.MaxUint32}}},
		{"both ends", []Range{{0, 0}, {math.MaxUint32, math.MaxUint32}}},
		{"all but both ends", []Range{{1, math.MaxUint32 - 1}}},
		{"two halves", []Range{{0, 1<<31 - 2}, {1 << 31, math.MaxUint32}}},
		{"every other address of a /16", every(0xc6120000, 1<<15, 1, 2)},
		{"every other address of a /16, few", every(0xc6120000, 1000, 1, 2)},
		{"one span more than steps have", every(0xc6120000, maxSteps+1, 1, 2)},
		{"three of four addresses", every(0, many, 3, 4)},
		{"three of four addresses at the top", every(math.MaxUint32-4*many+1, many, 3, 4)},
		{"two addresses a span", every(0, many, 2, 100)},
		{"spans of 2^16", every(0, 1<<15, 1<<16, 1<<17)},
		{"spans of 2^16, one address apart", every(0, 1<<15, 1<<16, 1<<16+1)},
		{"spans of 2^16-1", every(0, 1<<16, 1<<16-1, 1<<16)},
		{"few scattered", scattered(1000)},
		{"many scattered", scattered(many)},
		{"few prefixes", prefixes(1000)},
		{"many prefixes", prefixes(many)},
		{"random sizes up to 10", spread(many, 10)},
		{"random sizes up to 2^16", spread(many, 1<<16)},
		{"random sizes up to 2^20, few", spread(1000, 1<<20)},
		{"a cluster and a half of the rest", append(clustered(many), Range{0, 1<<31 - 1})},
		{"narrow and wide gaps", slices.Concat(every(0, many, 50, 51), every(1<<31, many, 50, 5000))},
		{"buckets of 100 marks", every(1<<31, 10*many, 1<<8, 1<<8+1)},
		{"clusters of 40, far apart", clusters(many/40, 40)},
		{"the special-purpose networks", slices.Collect(SpecialSet().Ranges())},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := New(tt.ranges...)
			checkLookups(t, s)
			checkLookups(t, All().Minus(s))
			checkLookups(t, All().Minus(SpecialSet()).Minus(s))
		})
	}
}

// clusters returns n groups of single addresses with one between any two, as far apart from each other as they can be.
func clusters(n, size int) []Range {
	var ranges []Range
	for j := range n {
		ranges = append(ranges, every(uint32(uint64(j)*addressSpace/uint64(n)), size, 1, 2)...)
	}
	return ranges
}

// TestFewRanksAreSearchedFor holds what the comment of blockTable promises, for sets that are spread evenly, crowded, or
// both, with gaps of one width or of many.
func TestFewRanksAreSearchedFor(t *testing.T) {
	const n = 200_000
	tests := []struct {
		name   string
		ranges []Range
		holes  bool
	}{
		{"scattered", scattered(n), true},
		{"scattered, and special-purpose networks", append(scattered(n), slices.Collect(SpecialSet().Ranges())...), true},
		{"a cluster", clustered(n), true},
		{"a cluster in scattered addresses", append(clustered(n), scattered(n)...), true},
		{"prefixes of many lengths", prefixes(1_000_000), false},
		{"clusters of 30", clusters(n/30, 30), true},
		{"wide gaps", every(0, 1<<19, 1<<12, 1<<13), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := All().Minus(New(tt.ranges...))
			shape := chooseShape(s)
			if searched := shape.searched(s); searched > s.Len()/32 {
				t.Errorf("%d of %d ranks are searched for, want at most one in 32", searched, s.Len())
			}
			if shape.holes != tt.holes {
				t.Errorf("marks for holes: %v, want %v", shape.holes, tt.holes)
			}
		})
	}
}

// TestMemoryOfTwoMillionRanges holds the size of sets that are as large as they come, by themselves and as holes: at most
// 24 MiB stay for each, and making one takes at most 64 MiB together with what it was made of.
func TestMemoryOfTwoMillionRanges(t *testing.T) {
	ranges := scattered(2_000_000)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s := New(ranges...)
	runtime.ReadMemStats(&after)
	if total := after.TotalAlloc - before.TotalAlloc + uint64(8*len(ranges)); total > 64<<20 {
		t.Errorf("New of %d ranges: %d MiB with its argument, want at most 64", len(ranges), total>>20)
	}
	for _, s := range []*Set{s, All().Minus(s), All().Minus(New(prefixes(2_000_000)...))} {
		s.At(0) // makes the table
		kept := 4*(cap(s.lasts)+cap(s.gaps)+cap(s.byAddr.starts)+cap(s.byRank.list)) + 32*cap(s.byRank.blocks.blocks)
		if kept > 24<<20 || cap(s.lasts) != s.NumRanges() {
			t.Errorf("a set of %d ranges keeps %.1f MiB, want at most 24", s.NumRanges(), float64(kept)/(1<<20))
		}
	}
}

// TestAlgebraMakesNoRankIndex holds that what only goes into other sets has no table for lookups.
func TestAlgebraMakesNoRankIndex(t *testing.T) {
	s := New(scattered(2 * maxSteps)...)
	all := All()
	all.Minus(s).Contains(7)
	if s.byRank.list != nil || s.byRank.blocks.blocks != nil || all.byRank.steps.steps != nil {
		t.Error("a set that was never asked for a rank has a table for it")
	}
}

// FuzzLookups makes a set of spans and gaps alternating, of which each byte is the logarithm of a width and its low bits,
// repeats it so that every table is reached, and compares it with a walk.
func FuzzLookups(f *testing.F) {
	f.Add([]byte{0, 0}, uint16(60_000))
	f.Add([]byte{8, 0, 8, 255}, uint16(9000))
	f.Add([]byte{0, 8, 1, 40, 200, 0}, uint16(5000))
	f.Add([]byte{250, 0}, uint16(1))
	f.Fuzz(func(t *testing.T, widths []byte, repeats uint16) {
		var ranges []Range
		at := uint64(0)
		for j := 0; len(widths) > 0 && j < min(len(widths)*int(repeats), 3*maxSteps); j++ {
			w := widths[j%len(widths)]
			width := uint64(8+w%8) << (w / 8) / 8 // 1 to 2^31 and more
			if at+width > addressSpace {
				break
			}
			if j%2 == 1 {
				ranges = append(ranges, Range{First: uint32(at), Last: uint32(at + width - 1)})
			}
			at += width
		}
		checkLookups(t, New(ranges...))
		checkLookups(t, All().Minus(New(ranges...)))
	})
}
