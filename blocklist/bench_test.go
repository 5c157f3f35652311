package blocklist

import (
	"fmt"
	"math/bits"
	"testing"
	"time"
)

// benchmarkSets are the shapes whose speed matters: what every Internet-wide scan walks, the largest blocklist known
// by itself, with the special-purpose networks, with wider prefixes among it, and as targets, a blocklist made to crowd
// one bucket, and one such list as targets.
func benchmarkSets() []struct {
	name string
	set  *Set
} {
	const n = 2_000_000
	return []struct {
		name string
		set  *Set
	}{
		{"full-special", All().Minus(SpecialSet())},
		{"full-10k-prefixes", All().Minus(New(prefixes(10_000)...))},
		{"full-2M-scattered", All().Minus(New(scattered(n)...))},
		{"full-special-2M-scattered", All().Minus(SpecialSet()).Minus(New(scattered(n)...))},
		{"full-2M-prefixes", All().Minus(New(prefixes(n)...))},
		{"2M-scattered", New(scattered(n)...)},
		{"full-2M-cluster", All().Minus(New(clustered(n)...))},
		{"2M-cluster+half", New(append(clustered(n), Range{0, 0x7fffffff})...)},
	}
}

// draw steps a generator that costs about a nanosecond and returns a number below n.
func draw(state *uint64, n uint64) uint64 {
	*state = *state*6364136223846793005 + 1442695040888963407
	high, _ := bits.Mul64(*state, n)
	return high
}

// BenchmarkDraw is the part of the lookups below that is not the lookup.
func BenchmarkDraw(b *testing.B) {
	state, sum := uint64(1), uint64(0)
	for b.Loop() {
		sum += draw(&state, addressSpace)
	}
	sink = sum
}

// BenchmarkSetAt asks for ranks drawn evenly, as a permutation does.
func BenchmarkSetAt(b *testing.B) {
	for _, bm := range benchmarkSets() {
		b.Run("set="+bm.name, func(b *testing.B) {
			state, sum, n := uint64(1), uint64(0), bm.set.Len()
			for b.Loop() {
				sum += uint64(bm.set.At(draw(&state, n)))
			}
			sink = sum
		})
	}
}

// BenchmarkSetAtSerial makes each rank depend on the address before, so that it shows the time to one answer rather than
// the rate of many: what At costs within a loop that has much else to do.
func BenchmarkSetAtSerial(b *testing.B) {
	for _, bm := range benchmarkSets() {
		b.Run("set="+bm.name, func(b *testing.B) {
			state, n := uint64(1), bm.set.Len()
			for b.Loop() {
				state += uint64(bm.set.At(draw(&state, n)))
			}
			sink = state
		})
	}
}

// BenchmarkSetAtBatch is BenchmarkSetAt in batches; an operation is still one address. Its own unit, ns/addr, leaves out
// what it takes to draw the ranks, which is measured right after. They are not drawn beforehand because there would have
// to be so many of them that they, and not only the set, compete for the cache.
func BenchmarkSetAtBatch(b *testing.B) {
	const batch = 256
	for _, bm := range benchmarkSets() {
		b.Run(fmt.Sprintf("set=%s/batch=%d", bm.name, batch), func(b *testing.B) {
			var indexes [batch]uint64
			var addrs [batch]uint32
			state, sum, n := uint64(1), uint64(0), bm.set.Len()
			drawAll := func() {
				for j := range indexes {
					indexes[j] = draw(&state, n)
				}
			}
			bm.set.AtBatch(addrs[:], indexes[:]) // makes the table
			b.ResetTimer()
			for i := 0; i < b.N; i += batch {
				drawAll()
				bm.set.AtBatch(addrs[:], indexes[:])
				sum += uint64(addrs[0])
			}
			b.StopTimer()
			start := time.Now()
			for i := 0; i < b.N; i += batch {
				drawAll()
			}
			b.ReportMetric(float64(b.Elapsed()-time.Since(start))/float64(b.N), "ns/addr")
			sink = sum + indexes[0]
		})
	}
}

// BenchmarkSetAtCrowded asks only for ranks in the crowded part of a clustered list: the worst that a list can do.
func BenchmarkSetAtCrowded(b *testing.B) {
	const n = 2_000_000
	s := New(append(clustered(n), Range{0, 0x7fffffff})...)
	state, sum := uint64(1), uint64(0)
	for b.Loop() {
		sum += uint64(s.At(0x80000000 + draw(&state, n)))
	}
	sink = sum
}

func BenchmarkSetContains(b *testing.B) {
	for _, bm := range benchmarkSets() {
		b.Run("set="+bm.name, func(b *testing.B) {
			state, found := uint64(1), uint64(0)
			for b.Loop() {
				if bm.set.Contains(uint32(draw(&state, addressSpace))) {
					found++
				}
			}
			sink = found
		})
	}
}

// BenchmarkSetIndexRanks is what the first lookup by rank costs.
func BenchmarkSetIndexRanks(b *testing.B) {
	for _, bm := range benchmarkSets() {
		b.Run("set="+bm.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				bm.set.indexRanks()
			}
		})
	}
}

func BenchmarkNew(b *testing.B) {
	for _, n := range []int{1000, 2_000_000} {
		b.Run(fmt.Sprintf("ranges=%d", n), func(b *testing.B) {
			ranges := scattered(n)
			b.ReportAllocs()
			for b.Loop() {
				sink = New(ranges...).Len()
			}
		})
	}
}

func BenchmarkSetMinus(b *testing.B) {
	all, list := All(), New(scattered(2_000_000)...)
	b.ReportAllocs()
	for b.Loop() {
		sink = all.Minus(list).Len()
	}
}

var sink uint64
