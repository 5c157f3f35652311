package blocklist

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestBlockReached counts the marks of blocks of every fill, at every mark, below it and at both ends.
func TestBlockReached(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for marks := range blockMarks + 1 {
		for range 100 {
			offsets := make([]uint64, marks)
			for n := range offsets {
				offsets[n] = random.Uint64N(maxOffset+1) >> random.IntN(16) // equal and extreme ones too
			}
			if marks > 0 {
				offsets[random.IntN(marks)] = maxOffset
			}
			slices.Sort(offsets)
			checkReached(t, offsets, random.Uint32()|1<<31)
		}
	}
}

func checkReached(t *testing.T, offsets []uint64, base uint32) {
	t.Helper()
	var b block
	b.setBase(base)
	for n, offset := range offsets {
		b.add(n, offset)
	}
	asked := []uint64{0, maxOffset - 1, maxOffset}
	for _, offset := range offsets {
		asked = append(asked, offset, max(offset, 1)-1)
	}
	for _, r := range asked {
		want := uint32(0)
		for _, offset := range offsets {
			if offset <= r {
				want++
			}
		}
		if got := b.reached(r); got != want || b.base() != base {
			t.Fatalf("marks at %d: reached(%d) = %d and base %#x, want %d and %#x", offsets, r, got, b.base(), want, base)
		}
	}
}

// TestCountIsTheSameOneByOne holds the way that takes many at once to the one that takes each.
func TestCountIsTheSameOneByOne(t *testing.T) {
	for _, s := range []*Set{All().Minus(New(scattered(50_000)...)), New(clustered(100_000)...)} {
		table := newBlockTable(s)
		state := uint64(3)
		for n := range 70 {
			ranks, got, want := make([]uint64, n), make([]uint32, n+1), make([]uint32, n+1)
			for i := range ranks {
				ranks[i] = draw(&state, s.Len())
			}
			table.count(got, ranks)
			table.countEach(want, ranks)
			if !slices.Equal(got, want) {
				t.Fatalf("%d ranks:\n got %v\nwant %v", n, got, want)
			}
		}
	}
}

// TestCountEachIsCount compares the two ways to count marks, of which a machine takes only one: for every rank of a set in
// which blocks are empty, full and more than that.
func TestCountEachIsCount(t *testing.T) {
	for _, width := range []uint32{1, 3} { // of gaps
		var ranges []Range
		first := uint32(1 << 24)
		for i := range uint32(2 * maxSteps) {
			last := first + 1 + i*i%7
			if i/64%8 == 0 {
				last = first // crowded
			}
			ranges = append(ranges, Range{First: first, Last: last})
			first = last + 1 + width
		}
		s := New(ranges...)
		s.indexRanks()
		table := &s.byRank.blocks
		var best, each [251]uint32
		full := 0
		ranks := make([]uint64, 0, len(best))
		for i := range s.Len() {
			if ranks = append(ranks, i); len(ranks) < cap(ranks) && i+1 < s.Len() {
				continue
			}
			table.count(best[:], ranks)
			table.countEach(each[:], ranks)
			if best != each {
				t.Fatalf("ranks to %d: counts differ:\n%d\n%d", i, best, each)
			}
			for _, n := range best {
				if n == unplaced {
					full++
				}
			}
			ranks = ranks[:0]
		}
		if full == 0 {
			t.Error("no block is full")
		}
	}
}

// TestNoRankAtTheEnd: the first rank that does not exist is refused by the blocks, too.
func TestNoRankAtTheEnd(t *testing.T) {
	for _, most := range []uint32{6, 1000} {
		s := New(spread(2*maxSteps, most)...)
		if s.At(s.Len() - 1); s.byRank.blocks.blocks == nil {
			t.Fatal("the set has another table")
		}
		for _, i := range []uint64{s.Len(), s.Len() + 1} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("At(%d) of %d addresses does not panic", i, s.Len())
					}
				}()
				s.At(i)
			}()
		}
	}
}
