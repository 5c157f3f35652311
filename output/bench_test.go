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

// BenchmarkFilterMatch is the cost of a filter for a record that it keeps.
func BenchmarkFilterMatch(b *testing.B) {
	tests := []struct{ name, text string }{
		{"filter=default", "success = 1 && repeat = 0"},
		{"filter=text", `classification = "synack"`},
		{"filter=network", "saddr in (10.0.0.0/8, 198.18.0.0/15)"},
		{"filter=long", `success && !repeat && !decoy && (sport = 80 || sport in (443, 8443)) && ` +
			`!(saddr in (192.0.2.0/24, 198.51.100.0/24)) && tcpopt_mss >= 536 && icmp_unreach_str != "host unknown"`},
	}
	for _, tt := range tests {
		b.Run(tt.name, func(b *testing.B) {
			f := mustFilter(b, tt.text)
			r := synackAllOptions()
			b.ReportAllocs()
			for b.Loop() {
				if !f.Match(&r) {
					b.Fatalf("filter %q does not keep the record", f)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
		})
	}
}
