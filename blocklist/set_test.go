package blocklist

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
)

// parseSet makes a set of the words of text.
func parseSet(t testing.TB, text string) *Set {
	t.Helper()
	var ranges []Range
	for word := range strings.FieldsSeq(text) {
		r, err := Parse(word)
		if err != nil {
			t.Fatal(err)
		}
		ranges = append(ranges, r)
	}
	return New(ranges...)
}

// text returns the ranges of s, joined by blanks.
func text(s *Set) string {
	return strings.Trim(fmt.Sprint(slices.Collect(s.Ranges())), "[]")
}

func TestNew(t *testing.T) {
	tests := []struct {
		name   string
		ranges string
		want   string
		len    uint64
	}{
		{"nothing", "", "", 0},
		{"one address", "198.18.0.1", "198.18.0.1", 1},
		{"lowest address", "0.0.0.0", "0.0.0.0", 1},
		{"highest address", "255.255.255.255", "255.255.255.255", 1},
		{"both ends", "255.255.255.255 0.0.0.0", "0.0.0.0 255.255.255.255", 2},
		{"everything", "0.0.0.0/0", "0.0.0.0/0", 1 << 32},
		{"everything in halves", "128.0.0.0/1 0.0.0.0/1", "0.0.0.0/0", 1 << 32},
		{"everything but the last", "0.0.0.0-255.255.255.254", "0.0.0.0-255.255.255.254", 1<<32 - 1},
		{"everything but the first", "0.0.0.1-255.255.255.255", "0.0.0.1-255.255.255.255", 1<<32 - 1},
		{"sorted", "198.18.0.5 198.18.0.1 198.18.0.3", "198.18.0.1 198.18.0.3 198.18.0.5", 3},
		{"doubles", "198.18.0.1 198.18.0.1 198.18.0.1", "198.18.0.1", 1},
		{"neighbours", "198.18.0.1 198.18.0.0", "198.18.0.0/31", 2},
		{"overlap", "198.18.0.0-198.18.0.5 198.18.0.3-198.18.0.7", "198.18.0.0/29", 8},
		{"one inside another, then a third", "198.18.0.0/24 198.18.0.7 198.18.0.255-198.18.1.3", "198.18.0.0-198.18.1.3", 260},
		{"neighbours at the top", "255.255.255.255 255.255.255.0-255.255.255.254", "255.255.255.0/24", 256},
		{"under everything", "0.0.0.0/0 198.18.0.0/15 255.255.255.255", "0.0.0.0/0", 1 << 32},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := parseSet(t, tt.ranges)
			if got := text(s); got != tt.want {
				t.Errorf("ranges %s, want %s", got, tt.want)
			}
			if s.Len() != tt.len {
				t.Errorf("Len() = %d, want %d", s.Len(), tt.len)
			}
			if want := len(strings.Fields(tt.want)); s.NumRanges() != want {
				t.Errorf("NumRanges() = %d, want %d", s.NumRanges(), want)
			}
		})
	}
}

func TestNewLeavesItsArgumentsAlone(t *testing.T) {
	ranges := []Range{{9, 9}, {5, 3}, {1, 2}}
	s := New(ranges...)
	if want := []Range{{9, 9}, {5, 3}, {1, 2}}; !slices.Equal(ranges, want) {
		t.Errorf("New changed its arguments to %v", ranges)
	}
	ranges[0] = Range{0, 100}
	if want := []Range{{1, 2}, {9, 9}}; !slices.Equal(slices.Collect(s.Ranges()), want) {
		t.Errorf("set of %v after a change of the arguments, want %v", text(s), want)
	}
}

func TestZeroSetIsEmpty(t *testing.T) {
	var zero Set
	for _, s := range []*Set{&zero, New(), New(Range{First: 1}), All().Minus(All()), zero.Intersect(All())} {
		if s.Len() != 0 || s.NumRanges() != 0 || text(s) != "" || s.Contains(0) || s.Contains(0xffffffff) {
			t.Errorf("%d addresses in %d ranges: %q, want none", s.Len(), s.NumRanges(), text(s))
		}
	}
	if got := zero.Union(All()); got.Len() != addressSpace {
		t.Errorf("empty set with everything has %d addresses", got.Len())
	}
}

func TestAlgebra(t *testing.T) {
	tests := []struct {
		name                    string
		s, o                    string
		union, minus, intersect string
	}{
		{"nothing and nothing", "", "", "", "", ""},
		{"a hole", "0.0.0.0/0", "198.18.0.0/15", "0.0.0.0/0", "0.0.0.0-198.17.255.255 198.20.0.0-255.255.255.255", "198.18.0.0/15"},
		{"both ends off", "0.0.0.0/0", "0.0.0.0 255.255.255.255", "0.0.0.0/0", "0.0.0.1-255.255.255.254", "0.0.0.0 255.255.255.255"},
		{"itself", "198.18.0.0/15", "198.18.0.0/15", "198.18.0.0/15", "", "198.18.0.0/15"},
		{"neighbours", "198.18.0.0/24", "198.18.1.0/24", "198.18.0.0/23", "198.18.0.0/24", ""},
		{"one border shared", "198.18.0.0/24", "198.18.0.0/25", "198.18.0.0/24", "198.18.0.128/25", "198.18.0.0/25"},
		{"the gap between two", "198.18.0.0 198.18.0.2", "198.18.0.1", "198.18.0.0-198.18.0.2", "198.18.0.0 198.18.0.2", ""},
		{"up to the top", "255.255.255.254/31", "255.255.255.255", "255.255.255.254/31", "255.255.255.254", "255.255.255.255"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, o := parseSet(t, tt.s), parseSet(t, tt.o)
			if got := text(s.Union(o)); got != tt.union {
				t.Errorf("Union = %s, want %s", got, tt.union)
			}
			if got := text(s.Minus(o)); got != tt.minus {
				t.Errorf("Minus = %s, want %s", got, tt.minus)
			}
			if got := text(s.Intersect(o)); got != tt.intersect {
				t.Errorf("Intersect = %s, want %s", got, tt.intersect)
			}
			if text(s) != text(parseSet(t, tt.s)) || text(o) != text(parseSet(t, tt.o)) {
				t.Errorf("the operands changed to %s and %s", text(s), text(o))
			}
		})
	}
}

func TestRangesStopsWhenAsked(t *testing.T) {
	s := parseSet(t, "198.18.0.1 198.18.0.3 198.18.0.5")
	n := 0
	for range s.Ranges() {
		if n++; n == 2 {
			break
		}
	}
	if n != 2 {
		t.Errorf("%d ranges before the break, want 2", n)
	}
}

// TestSetIsSafeForConcurrentUse means something under the race detector.
func TestSetIsSafeForConcurrentUse(t *testing.T) {
	s, o := All().Minus(SpecialSet()), parseSet(t, "198.18.0.0/15 203.0.113.7")
	var wg sync.WaitGroup
	for g := range uint64(4) {
		wg.Go(func() {
			for i := range uint64(100) {
				if addr := s.At(i * (g + 1) * 1_000_003); !s.Contains(addr) {
					t.Errorf("At gave %v, which is not in the set", ToAddr(addr))
				}
			}
			s.Union(o)
			s.Minus(o)
			s.Intersect(o)
		})
	}
	wg.Wait()
}

// universe is 256 cells of equal size at some place of the address space: small enough to hold a set of them as
// 256 bools, the dumb truth.
type universe struct {
	base uint32
	bits int // a cell is 2^bits addresses
}

type cells [256]bool

// universes are cells of one address at both ends and in the middle, cells of a /16 and cells that fill the space.
var universes = []universe{{0, 0}, {0xffffff00, 0}, {0xc6120080, 0}, {0xc6000000, 16}, {0, 24}}

func (u universe) first(cell int) uint32 { return u.base + uint32(cell)<<u.bits }
func (u universe) last(cell int) uint32  { return u.first(cell) + (1<<u.bits - 1) }

// decode reads pairs of bytes as ranges of cells; a pair that is upside down is an empty range.
func (u universe) decode(pairs []byte) (*Set, cells) {
	var ranges []Range
	var truth cells
	for i := 0; i+1 < len(pairs); i += 2 {
		from, to := int(pairs[i]), int(pairs[i+1])
		if from > to {
			ranges = append(ranges, Range{First: u.last(from), Last: u.first(to)})
			continue
		}
		ranges = append(ranges, Range{First: u.first(from), Last: u.last(to)})
		for cell := from; cell <= to; cell++ {
			truth[cell] = true
		}
	}
	return New(ranges...), truth
}

// check compares s with the truth in every cell, by every method.
func (u universe) check(t *testing.T, what string, s *Set, truth *cells) {
	t.Helper()
	size := uint64(1) << u.bits
	count, runs := uint64(0), 0
	for cell, in := range truth {
		if in != s.Contains(u.first(cell)) || in != s.Contains(u.last(cell)) {
			t.Fatalf("%s of %s: Contains(%v) = %v, want %v", what, text(s), ToAddr(u.first(cell)), !in, in)
		}
		if !in {
			continue
		}
		for _, i := range []uint64{0, size / 2, size - 1} {
			if got, want := s.At(count+i), u.first(cell)+uint32(i); got != want {
				t.Fatalf("%s of %s: At(%d) = %v, want %v", what, text(s), count+i, ToAddr(got), ToAddr(want))
			}
		}
		count += size
		if cell == 0 || !truth[cell-1] {
			runs++
		}
	}
	if s.Len() != count || s.NumRanges() != runs || len(slices.Collect(s.Ranges())) != runs {
		t.Fatalf("%s of %s: %d addresses in %d ranges, want %d in %d", what, text(s), s.Len(), s.NumRanges(), count, runs)
	}
	if u.bits < 24 && (s.Contains(u.base-1) || s.Contains(u.last(255)+1)) {
		t.Fatalf("%s of %s has addresses outside the universe", what, text(s))
	}
}

// checkPair compares two sets and all that can be made of them with the truth.
func (u universe) checkPair(t *testing.T, a, b []byte) {
	t.Helper()
	s, inS := u.decode(a)
	o, inO := u.decode(b)
	var union, minus, intersect cells
	for cell := range inS {
		union[cell] = inS[cell] || inO[cell]
		minus[cell] = inS[cell] && !inO[cell]
		intersect[cell] = inS[cell] && inO[cell]
	}
	u.check(t, "New", s, &inS)
	u.check(t, "Union", s.Union(o), &union)
	u.check(t, "Minus", s.Minus(o), &minus)
	u.check(t, "Intersect", s.Intersect(o), &intersect)
}

func TestSetAgainstCells(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 400 {
		pairs := func() []byte {
			p := make([]byte, 2*random.IntN(1+round))
			for i := 0; i < len(p); i += 2 {
				p[i] = byte(random.Uint32())
				p[i+1] = p[i] + byte(random.IntN(1+800/(1+len(p)))) // the more ranges, the shorter, so that gaps remain
			}
			return p
		}
		universes[round%len(universes)].checkPair(t, pairs(), pairs())
	}
}

func FuzzSet(f *testing.F) {
	f.Add(uint8(0), []byte{0, 0, 255, 255}, []byte{0, 255})
	f.Add(uint8(1), []byte{255, 255, 254, 254}, []byte{5, 3})
	f.Add(uint8(4), []byte{0, 255}, []byte{0, 0, 2, 2, 4, 9, 255, 255})
	f.Fuzz(func(t *testing.T, u uint8, a, b []byte) {
		universes[int(u)%len(universes)].checkPair(t, a, b)
	})
}
