package blocklist

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestSortKeys(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	fill := func(n int, next func(i int) uint64) []uint64 {
		keys := make([]uint64, n)
		for i := range keys {
			keys[i] = next(i)
		}
		return keys
	}
	tests := []struct {
		name string
		keys []uint64
	}{
		{"none", nil},
		{"few", fill(radixMin-1, func(int) uint64 { return random.Uint64() })},
		{"one more than few", fill(radixMin, func(int) uint64 { return random.Uint64() })},
		{"many", fill(100_000, func(int) uint64 { return random.Uint64() })},
		{"48 bits", fill(100_000, func(int) uint64 { return random.Uint64() >> 16 })},
		{"all equal", fill(1000, func(int) uint64 { return 1 << 63 })},
		{"few values", fill(10_000, func(int) uint64 { return random.Uint64N(3) << 40 })},
		{"one differs", fill(1000, func(i int) uint64 { return uint64(min(i, 1) ^ 1) })},
		{"falling", fill(10_000, func(i int) uint64 { return uint64(-i) })},
		{"low bits alone", fill(10_000, func(int) uint64 { return 0xc612<<48 | random.Uint64N(200) })},
		{"crowds", fill(10_000, func(i int) uint64 { return uint64(i%3)<<62 | random.Uint64N(1000) })},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := slices.Sorted(slices.Values(tt.keys))
			sortKeys(tt.keys)
			if !slices.Equal(tt.keys, want) {
				t.Errorf("sortKeys of %d keys differs from slices.Sort", len(want))
			}
		})
	}
}

func FuzzSortKeys(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, uint16(300), uint8(40))
	f.Add(bytes.Repeat([]byte{0xc6}, 24), uint16(1000), uint8(0))
	f.Fuzz(func(t *testing.T, data []byte, n uint16, shift uint8) {
		if len(data) < 8 {
			t.Skip()
		}
		keys := make([]uint64, n)
		for i := range keys {
			keys[i] = binary.LittleEndian.Uint64(data[i*7%(len(data)-7):]) >> (shift & 63)
		}
		want := slices.Sorted(slices.Values(keys))
		if sortKeys(keys); !slices.Equal(keys, want) {
			t.Errorf("sortKeys differs from slices.Sort")
		}
	})
}

// BenchmarkSortKeys sorts fresh keys each time; copying them is part of it, and small.
func BenchmarkSortKeys(b *testing.B) {
	sorts := []struct {
		name string
		sort func([]uint64)
	}{{"radix", sortKeys}, {"slices", slices.Sort[[]uint64]}}
	for _, n := range []int{chunkKeys, 10_000_000} {
		keys := scatteredPairs(n)
		work := make([]uint64, n)
		for _, s := range sorts {
			b.Run(fmt.Sprintf("keys=%d/sort=%s", n, s.name), func(b *testing.B) {
				for b.Loop() {
					copy(work, keys)
					s.sort(work)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/key")
			})
		}
	}
}
