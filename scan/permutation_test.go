package scan

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestPermutationCoversExactly walks all shards of permutations of every size up to 5,000 and of a sample up to 2^22, for
// 1 to 16 shards, and finds every index once.
func TestPermutationCoversExactly(t *testing.T) {
	sizes := []uint64{65535, 65536, 65537, 1 << 20, 1<<22 - 1, 1 << 22}
	for range 10 {
		sizes = append(sizes, 5000+rand.Uint64N(1<<20))
	}
	for n := uint64(1); n <= 5000; n++ {
		sizes = append(sizes, n)
	}
	seen := make([]uint8, 1<<22)
	for _, n := range sizes {
		seeds := []uint64{0, 1, ^uint64(0), rand.Uint64()}
		if n > 5000 {
			seeds = seeds[:1]
		}
		for _, seed := range seeds {
			m, err := NewPermutation(n, seed)
			if err != nil {
				t.Fatal(err)
			}
			for shards := uint64(1); shards <= 16; shards++ {
				checkCoverage(t, m, seed, shards, seen[:n])
			}
		}
	}
}

// checkCoverage walks all shards. seen holds equal numbers before, and others after.
func checkCoverage(t *testing.T, m *Permutation, seed, shards uint64, seen []uint8) {
	t.Helper()
	round := seen[0] + 1
	dst := make([]uint64, 67) // no multiple of the lanes
	total := uint64(0)
	for i := range shards {
		w := m.Walk(m.Part(i, shards))
		for k := w.Next(dst); k > 0; k = w.Next(dst) {
			for _, index := range dst[:k] {
				if index >= m.n || seen[index] == round {
					t.Fatalf("n %d, seed %d, shard %d of %d: index %d out of range or twice", m.n, seed, i, shards, index)
				}
				seen[index] = round
			}
			total += uint64(k)
		}
		if w.Left() != 0 {
			t.Fatalf("n %d: %d positions left at the end", m.n, w.Left())
		}
	}
	if total != m.n {
		t.Fatalf("n %d, seed %d, %d shards: %d indices", m.n, seed, shards, total)
	}
}

// TestWalkerInPieces: however many indices are asked for at a time, they are the same in the same order.
func TestWalkerInPieces(t *testing.T) {
	for _, n := range []uint64{1, 2, 3, 4, 5, 6, 7, 90, 1000, 12345} {
		m, err := NewPermutation(n, 9)
		if err != nil {
			t.Fatal(err)
		}
		var want []uint64
		for position := range m.Positions() {
			if index, ok := m.At(position); ok {
				want = append(want, index)
			}
		}
		r := rand.New(rand.NewPCG(n, 1))
		for range 20 {
			w := m.Walk(0, m.Positions())
			var got []uint64
			for w.Left() > 0 {
				dst := make([]uint64, r.IntN(11))
				got = append(got, dst[:w.Next(dst)]...)
			}
			if !slices.Equal(got, want) {
				t.Fatalf("n %d:\n got %v\nwant %v", n, got, want)
			}
		}
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
	var one [1]uint64
	for i := range count {
		want := x.Uint64() - 1
		if index, ok := m.At(from + i); index != want || ok != (want < m.n) {
			t.Fatalf("At(%d) = %d, %v; want %d", from+i, index, ok, want)
		}
		if want < m.n {
			if w.Next(one[:]) == 0 || one[0] != want {
				t.Fatalf("walked to %d at position %d, want %d", one[0], from+i, want)
			}
		}
		x.Mul(x, g).Mod(x, p)
	}
	if w.Next(one[:]) > 0 {
		t.Error("the walk goes on beyond its end")
	}
}

// TestWalkerStepsExactly compares 16 million steps in each of the largest groups with a division each, and finds no
// index twice. The estimate of the quotient is one too small about once in 100,000 steps at 2^48, and almost never in a
// small group.
func TestWalkerStepsExactly(t *testing.T) {
	const steps = 1 << 24
	walked := make([]uint64, steps)
	for _, n := range []uint64{1<<32 - 3, 1<<40 + 7, MaxTargets} {
		m, err := NewPermutation(n, 3)
		if err != nil {
			t.Fatal(err)
		}
		from := m.Positions() / 3
		w := m.Walk(from, m.Positions())
		w.Next(walked)
		x := m.power(from)
		for i, index := range walked {
			for x > m.n { // skipped
				x = mulmod(x, m.g, m.p)
			}
			if index != x-1 {
				t.Fatalf("n %d: index %d is %d, want %d", n, i, index, x-1)
			}
			x = mulmod(x, m.g, m.p)
		}
		slices.Sort(walked)
		for i := 1; i < steps; i++ {
			if walked[i] == walked[i-1] {
				t.Fatalf("n %d: index %d comes twice within %d steps", n, walked[i], steps)
			}
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
	got := make([]uint64, 5)
	got = got[:w.Next(got)]
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
	dst := make([]uint64, batchSize)
	if n := testing.AllocsPerRun(1000, func() { w.Next(dst) }); n != 0 {
		t.Errorf("a batch of steps allocates %v times, want 0", n)
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
			dst := make([]uint64, batchSize)
			for b.Loop() {
				if w.Next(dst) == 0 {
					w = m.Walk(0, m.Positions())
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/batchSize, "ns/index")
		})
	}
}
