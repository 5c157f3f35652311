package blocklist

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
)

// BenchmarkLoad reads a list of scattered prefixes. An operation is the whole list; MiB is the peak of a process that
// does nothing else.
func BenchmarkLoad(b *testing.B) {
	const n = 2_000_000
	b.Run(fmt.Sprintf("entries=%d", n), func(b *testing.B) {
		path := filepath.Join(b.TempDir(), "list")
		writePrefixes(b, path, n)
		peak := peakOf(b, childSet, path)
		b.ReportAllocs()
		for b.Loop() {
			s, err := new(Loader).Set(context.Background(), path)
			if err != nil {
				b.Fatal(err)
			}
			sink = s.Len()
		}
		reportLoad(b, n, peak)
	})
}

// BenchmarkPairsLoad reads a list of scattered targets, as BenchmarkLoad does.
func BenchmarkPairsLoad(b *testing.B) {
	for _, n := range []int{1_000_000, 10_000_000} {
		b.Run(fmt.Sprintf("pairs=%d", n), func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "list")
			writePairs(b, path, n)
			peak := peakOf(b, childPairs, path)
			b.ReportAllocs()
			for b.Loop() {
				p, err := new(Loader).Pairs(context.Background(), path)
				if err != nil {
					b.Fatal(err)
				}
				sink = p.Len()
			}
			reportLoad(b, n, peak)
		})
	}
}

func reportLoad(b *testing.B, lines int, peak float64) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(lines), "ns/line")
	b.ReportMetric(peak, "MiB")
}
