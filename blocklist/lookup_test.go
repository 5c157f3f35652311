package blocklist

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"testing"
)

// The fragmented sets that a scanner may meet, for tests and benchmarks.

// scattered returns n addresses drawn evenly, the same ones every time.
func scattered(n int) []Range {
	random := rand.New(rand.NewPCG(1, 2))
	ranges := make([]Range, n)
	for i := range ranges {
		addr := random.Uint32()
		ranges[i] = Range{First: addr, Last: addr}
	}
	return ranges
}

// prefixes returns n prefixes drawn evenly, as blocklists have them: one half are addresses, the others /31 to /24, the
// wider the rarer.
func prefixes(n int) []Range {
	random := rand.New(rand.NewPCG(3, 4))
	ranges := make([]Range, n)
	for i := range ranges {
		ranges[i] = prefixRange(random.Uint32(), 32-min(bits.TrailingZeros32(random.Uint32()), 8))
	}
	return ranges
}

// clustered returns every other address of 2n neighbours from 198.18.0.0 on: most buckets of an index over it are
// empty, and a few hold everything.
func clustered(n int) []Range {
	ranges := make([]Range, n)
	for i := range ranges {
		addr := 0xc6120000 + 2*uint32(i)
		ranges[i] = Range{First: addr, Last: addr}
	}
	return ranges
}

// TestAtIsTheInverseOfRank walks the ranges of large sets and checks, at both ends of each range and of each gap, that
// At and Contains agree with what the walk says.
func TestAtIsTheInverseOfRank(t *testing.T) {
	const n = 50_000
	tests := []struct {
		name string
		set  *Set
	}{
		{"everything", All()},
		{"everything but the special-purpose networks", All().Minus(SpecialSet())},
		{"everything but scattered addresses", All().Minus(New(scattered(n)...))},
		{"scattered addresses", New(scattered(n)...)},
		{"everything but a cluster", All().Minus(New(clustered(n)...))},
		{"a cluster", New(clustered(n)...)},
		{"a cluster and the rest far away", New(append(clustered(n), Range{0, 0x7fffffff})...)},
		{"first and last address", New(Range{0, 0}, Range{math.MaxUint32, math.MaxUint32})},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rank, gap := uint64(0), uint32(0) // the walk: addresses so far, first address of the gap before the range
			for r := range tt.set.Ranges() {
				if r.First != gap && (tt.set.Contains(gap) || tt.set.Contains(r.First-1)) {
					t.Fatalf("Contains says that the gap before %v has addresses of the set", r)
				}
				for _, addr := range []uint32{r.First, r.First + (r.Last-r.First)/2, r.Last} {
					i := rank + uint64(addr-r.First)
					if got := tt.set.At(i); got != addr || !tt.set.Contains(addr) {
						t.Fatalf("At(%d) = %v and Contains = %v, want %v and true", i, ToAddr(got), tt.set.Contains(addr), ToAddr(addr))
					}
				}
				rank += r.Len()
				gap = r.Last + 1
			}
			if gap != 0 && (tt.set.Contains(gap) || tt.set.Contains(math.MaxUint32)) {
				t.Error("Contains says that the set has addresses above its last range")
			}
			if rank != tt.set.Len() {
				t.Errorf("Len() = %d, want %d", tt.set.Len(), rank)
			}
		})
	}
}

func TestAtPanicsBeyondTheLastAddress(t *testing.T) {
	sets := []*Set{
		{}, New(), All(), All().Minus(SpecialSet()), New(Range{5, 5}), New(Range{0, 0}, Range{2, 4}),
		New(clustered(1000)...), All().Minus(New(clustered(1000)...)), New(scattered(1000)...),
	}
	for _, s := range sets {
		for _, beyond := range []uint64{0, 1, 7, 1 << 20, 1 << 32, 1 << 63, math.MaxUint64 - s.Len()} {
			i := s.Len() + beyond
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("At(%d) of a set of %d addresses did not panic", i, s.Len())
					}
				}()
				s.At(i)
			}()
		}
	}
}

func TestAtBatchIsAtForEach(t *testing.T) {
	const n = 2 * maxSteps
	for _, s := range []*Set{All(), All().Minus(SpecialSet()), New(scattered(n)...), All().Minus(New(clustered(n)...))} {
		for _, n := range []int{0, 1, 64} {
			indexes := make([]uint64, n)
			for j := range indexes {
				indexes[j] = uint64(j) * (s.Len() - 1) / 63
			}
			addrs := make([]uint32, n+1)
			s.AtBatch(addrs, indexes)
			for j, i := range indexes {
				if want := s.At(i); addrs[j] != want {
					t.Errorf("AtBatch: index %d gives %v, want %v", i, ToAddr(addrs[j]), ToAddr(want))
				}
			}
			if addrs[n] != 0 {
				t.Errorf("AtBatch of %d indexes wrote beyond them", n)
			}
		}
	}
}

func TestLookupDoesNotAllocate(t *testing.T) {
	for _, s := range []*Set{All().Minus(SpecialSet()), New(scattered(2 * maxSteps)...), All().Minus(New(scattered(2 * maxSteps)...)), All().Minus(New(clustered(10_000)...))} {
		i, found := uint64(0), 0
		var indexes [16]uint64
		var addrs [16]uint32
		n := testing.AllocsPerRun(1000, func() {
			i = (i + 982_451_653) % s.Len()
			if s.Contains(s.At(i)) {
				found++
			}
			indexes[3] = i
			s.AtBatch(addrs[:], indexes[:])
		})
		if n != 0 || found != 1001 {
			t.Errorf("%v allocations, %d of 1001 found, want 0 and all", n, found)
		}
	}
}
