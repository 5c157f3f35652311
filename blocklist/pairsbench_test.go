package blocklist

import (
	"fmt"
	"testing"
)

// BenchmarkPairsContains asks for targets of which half are in the list.
func BenchmarkPairsContains(b *testing.B) {
	for _, n := range []int{10_000, 10_000_000} {
		b.Run(fmt.Sprintf("pairs=%d", n), func(b *testing.B) {
			p := NewPairs(scatteredPairs(n))
			state, found := uint64(1), uint64(0)
			b.ReportAllocs()
			for b.Loop() {
				addr, port := p.At(draw(&state, p.Len()))
				if p.Contains(addr, port^uint16(state>>40&1)) {
					found++
				}
			}
			sink = found
		})
	}
}

// BenchmarkPairsAtBatch draws indexes as a permutation does; an operation is one target.
func BenchmarkPairsAtBatch(b *testing.B) {
	const n, batch = 10_000_000, 64
	b.Run(fmt.Sprintf("pairs=%d", n), func(b *testing.B) {
		p := NewPairs(scatteredPairs(n))
		var indexes, keys [batch]uint64
		state, sum := uint64(1), uint64(0)
		b.ReportAllocs()
		b.ResetTimer()
		for i := 0; i < b.N; i += batch {
			for j := range indexes {
				indexes[j] = draw(&state, p.Len())
			}
			p.AtBatch(keys[:], indexes[:])
			sum += keys[0]
		}
		sink = sum
	})
}
