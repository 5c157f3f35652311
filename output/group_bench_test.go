package output

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkGroupWrite is the cost of a row with all fields in each format, disk not included: rows of open ports that
// differ as those of a scan do.
func BenchmarkGroupWrite(b *testing.B) {
	tests := []struct {
		name  string
		files []File
	}{
		{"csv", []File{{Format: CSV}}},
		{"csv.gz", []File{{Format: CSV, Compression: Gzip}}},
		{"csv.zst", []File{{Format: CSV, Compression: Zstd}}},
		{"json", []File{{Format: JSON}}},
		{"json.gz", []File{{Format: JSON, Compression: Gzip}}},
		{"json.zst", []File{{Format: JSON, Compression: Zstd}}},
		{"parquet", []File{{Format: Parquet}}},
		{"csv+json.zst+parquet", []File{{Format: CSV}, {Format: JSON, Compression: Zstd}, {Format: Parquet}}},
	}
	for _, tt := range tests {
		b.Run("file="+tt.name, func(b *testing.B) {
			for i := range tt.files {
				null := filepath.Join(b.TempDir(), "null") // a name for each: one given twice is an error
				if err := os.Symlink(os.DevNull, null); err != nil {
					b.Fatal(err)
				}
				tt.files[i].Path = null
			}
			g, err := OpenGroup(tt.files, Config{Fields: Fields(), Location: time.Local})
			if err != nil {
				b.Fatal(err)
			}
			r := synackAllOptions()
			n := uint64(0)
			b.ReportAllocs()
			for b.Loop() {
				vary(&r, n)
				n++
				if err := g.Write(&r); err != nil {
					b.Fatal(err)
				}
			}
			if err := g.Close(); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
		})
	}
}
