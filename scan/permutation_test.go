package scan

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"testing"
)

// TestPermutationCoversExactly walks all parts of permutations of every small size and of some larger ones, and finds
// every index once.
func TestPermutationCoversExactly(t *testing.T) {
	sizes := []uint64{65535, 65536, 65537, 1 << 20}
	for n := uint64(1); n <= 600; n++ {
		sizes = append(sizes, n)
	}
	for _, n := range sizes {
		for _, seed := range []uint64{0, 1, ^uint64(0)} {
			for _, parts := range []uint64{1, 2, 3, 7, 16} {
				checkCoverage(t, n, seed, parts)
			}
		}
	}
}

func checkCoverage(t *testing.T, n, seed, parts uint64) {
	t.Helper()
	m, err := NewPermutation(n, seed)
	if err != nil {
		t.Fatal(err)
	}
	seen := make([]bool, n)
	total := uint64(0)
	for i := range parts {
		w := m.Walk(m.Part(i, parts))
		for index, ok := w.Next(); ok; index, ok = w.Next() {
			if index >= n || seen[index] {
				t.Fatalf("n %d, seed %d, part %d of %d: index %d out of range or twice", n, seed, i, parts, index)
			}
			seen[index] = true
			total++
		}
		if w.Left() != 0 {
			t.Fatalf("n %d: %d positions left at the end", n, w.Left())
		}
	}
	if total != n {
		t.Fatalf("n %d, seed %d, %d parts: %d indices", n, seed, parts, total)
	}
}

// TestPermutationPositions finds the same index at a position whether it is walked to or computed, and at both ends of
// groups too large to walk; products are checked against math/big.
func TestPermutationPositions(t *testing.T) {
	for _, n := range []uint64{1000, 1<<32 - 5, 1 << 32, 1<<40 + 1, MaxTargets - 1, MaxTargets} {
		m, err := NewPermutation(n, 42)
		if err != nil {
			t.Fatal(err)
		}
		if p := new(big.Int).SetUint64(m.p); !p.ProbablyPrime(20) || !new(big.Int).Rsh(p, 1).ProbablyPrime(20) || m.p <= n {
			t.Fatalf("n %d: %d is not a safe prime above it", n, m.p)
		}
		if gap := m.p - n; n > 1<<20 && gap > n/1000 {
			t.Errorf("n %d: %d positions are skipped, more than one in a thousand", n, gap)
		}
		for _, from := range []uint64{0, 1, m.Positions() / 2, m.Positions() - 300} {
			checkWalk(t, m, from, min(m.Positions()-from, 300))
		}
		// The element after the last is the first again: the group is cyclic and g generates all of it.
		if first, last := m.power(0), m.power(m.Positions()-1); mulmod(last, m.g, m.p) != first {
			t.Errorf("n %d: the walk does not close", n)
		}
	}
}

func checkWalk(t *testing.T, m *Permutation, from, count uint64) {
	t.Helper()
	p, g := new(big.Int).SetUint64(m.p), new(big.Int).SetUint64(m.g)
	x := new(big.Int).Exp(g, new(big.Int).Add(new(big.Int).SetUint64(m.start), new(big.Int).SetUint64(from)), p)
	w := m.Walk(from, from+count)
	for i := range count {
		want := x.Uint64() - 1
		if index, ok := m.At(from + i); index != want || ok != (want < m.n) {
			t.Fatalf("At(%d) = %d, %v; want %d", from+i, index, ok, want)
		}
		if want < m.n {
			if index, ok := w.Next(); !ok || index != want {
				t.Fatalf("walked to %d at position %d, want %d", index, from+i, want)
			}
		}
		x.Mul(x, g).Mod(x, p)
	}
	if _, ok := w.Next(); ok {
		t.Error("the walk goes on beyond its end")
	}
}

// TestWalkerStepsExactly compares two million steps in the largest group with a division each. The estimate of the
// quotient is one too small about once in 100,000 steps there, and almost never in a small group.
func TestWalkerStepsExactly(t *testing.T) {
	m, err := NewPermutation(MaxTargets, 3)
	if err != nil {
		t.Fatal(err)
	}
	w := m.Walk(0, m.Positions())
	x := m.power(0)
	for i := range 1 << 21 {
		if w.x != x {
			t.Fatalf("element %d is %d, want %d", i, w.x, x)
		}
		w.Next()
		x = mulmod(x, m.g, m.p)
		for x > m.n { // Next skips
			x = mulmod(x, m.g, m.p)
		}
	}
}

func TestPermutationParts(t *testing.T) {
	m, err := NewPermutation(1<<40, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, parts := range []uint64{1, 2, 3, 1000, 1<<32 - 1} {
		end := uint64(0)
		for _, i := range []uint64{0, 1, 2, parts / 2, parts - 1} {
			if i >= parts {
				continue
			}
			from, to := m.Part(i, parts)
			if _, before := m.Part(max(i, 1)-1, parts); i > 0 && before != from {
				t.Errorf("part %d of %d begins at %d, the one before ends at %d", i, parts, from, before)
			}
			if size := m.Positions() / parts; to-from < size || to-from > size+1 {
				t.Errorf("part %d of %d has %d positions, want %d or one more", i, parts, to-from, size)
			}
			end = max(end, to)
		}
		if end != m.Positions() {
			t.Errorf("%d parts end at %d of %d", parts, end, m.Positions())
		}
	}
}

// TestPermutationIsStable holds the order itself: shards on machines with different versions must fit together.
func TestPermutationIsStable(t *testing.T) {
	m, err := NewPermutation(1<<32, 7)
	if err != nil {
		t.Fatal(err)
	}
	w := m.Walk(0, 5)
	var got []uint64
	for index, ok := w.Next(); ok; index, ok = w.Next() {
		got = append(got, index)
	}
	if text, want := fmt.Sprint(m.p, m.g, got), stableOrder; text != want {
		t.Errorf("order of 2^32 targets with seed 7:\n got %s\nwant %s", text, want)
	}
}

const stableOrder = "4294967387 3132172804 [2984311029 1909955921 4260414273 2552311495 178984506]"

func TestPermutationErrors(t *testing.T) {
	for _, n := range []uint64{0, MaxTargets + 1} {
		if _, err := NewPermutation(n, 1); err == nil {
			t.Errorf("NewPermutation(%d) succeeds", n)
		}
	}
}

// TestSeedsGiveDifferentOrders would find a seed that is ignored.
func TestSeedsGiveDifferentOrders(t *testing.T) {
	seen := make(map[string]uint64)
	for seed := range uint64(200) {
		m, err := NewPermutation(1<<32, seed)
		if err != nil {
			t.Fatal(err)
		}
		key := fmt.Sprint(m.g, m.start)
		if other, ok := seen[key]; ok {
			t.Errorf("seeds %d and %d give one order", other, seed)
		}
		seen[key] = seed
	}
}

func FuzzMulmod(f *testing.F) {
	f.Add(uint64(1)<<48, uint64(1)<<48, uint64(1)<<48+21)
	f.Fuzz(func(t *testing.T, a, b, m uint64) {
		m = m%(1<<49) + 3
		a, b = a%m, b%m
		want := new(big.Int).Mul(new(big.Int).SetUint64(a), new(big.Int).SetUint64(b))
		want.Mod(want, new(big.Int).SetUint64(m))
		if got := mulmod(a, b, m); got != want.Uint64() {
			t.Errorf("mulmod(%d, %d, %d) = %d, want %d", a, b, m, got, want)
		}
	})
}

func TestPermutationAllocs(t *testing.T) {
	m, err := NewPermutation(1<<32, 3)
	if err != nil {
		t.Fatal(err)
	}
	w := m.Walk(0, m.Positions())
	if n := testing.AllocsPerRun(1000, func() { w.Next() }); n != 0 {
		t.Errorf("one step allocates %v times, want 0", n)
	}
}

func BenchmarkPermutationNext(b *testing.B) {
	for _, bits := range []int{24, 32, 48} {
		b.Run(fmt.Sprintf("group=2^%d", bits), func(b *testing.B) {
			m, err := NewPermutation(1<<bits, rand.Uint64())
			if err != nil {
				b.Fatal(err)
			}
			w := m.Walk(0, m.Positions())
			for b.Loop() {
				if _, ok := w.Next(); !ok {
					w = m.Walk(0, m.Positions())
				}
			}
		})
	}
}
