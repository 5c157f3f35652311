package output

import (
	"io"
	"testing"
	"time"
)

// BenchmarkWriterWrite is the cost of a row of a new open port with all TCP options, a thousand of which arrive in
// a second of the clock.
func BenchmarkWriterWrite(b *testing.B) {
	tests := []struct {
		name string
		cfg  Config
	}{
		{"format=csv/fields=default", Config{Fields: DefaultFields(1), Only: DefaultFilter}},
		{"format=csv/fields=all", Config{Fields: Fields()}},
		{"format=json/fields=all", Config{Format: JSON, Fields: Fields()}},
	}
	for _, tt := range tests {
		b.Run(tt.name, func(b *testing.B) {
			tt.cfg.Location = time.Local
			w, err := NewWriter(io.Discard, tt.cfg)
			if err != nil {
				b.Fatal(err)
			}
			r := synackAllOptions()
			b.ReportAllocs()
			for b.Loop() {
				r.Saddr++
				r.Time += 1e6
				if err := w.Write(&r); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
		})
	}
}
