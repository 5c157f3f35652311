package scan

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"testing"

	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
	"github.com/xsweep/xsweep/output"
)

// BenchmarkScan scans the simulated world as fast as it goes: 2 million probes, 17 million with live frames, counted where they arrive. An iteration
// is a whole scan; Mpps is the median. It needs root.
func BenchmarkScan(b *testing.B) {
	worlds := []struct {
		name string
		cfg  lab.SimConfig
	}{
		{"drop", lab.SimConfig{Key: 1, Drop: true, CoarseClock: true}},
		{"answer", lab.SimConfig{Key: 1, Open: 0.01, CoarseClock: true}},
	}
	for _, engine := range []Engine{EngineXSK, EngineXDP} {
		for _, w := range worlds {
			for _, senders := range []int{1, 2} {
				b.Run(fmt.Sprintf("engine=%v/world=%s/senders=%d", engine, w.name, senders), func(b *testing.B) {
					benchScan(b, w.cfg, engine, senders)
				})
			}
		}
	}
}

func benchScan(b *testing.B, sim lab.SimConfig, engine Engine, senders int) {
	l := labtest.New(b, lab.Config{})
	world := simulate(b, l, sim)
	var mpps, recall, again []float64
	for b.Loop() {
		if err := world.Reset(); err != nil {
			b.Fatal(err)
		}
		cfg := labConfig(b, l, 0, benchPorts(engine)...)
		cfg.Engine, cfg.Senders = engine, senders
		s, err := openInside(l, cfg)
		if err != nil {
			b.Fatal(err)
		}
		runtime.GOMAXPROCS(max(runtime.GOMAXPROCS(0), s.Threads()+2))
		end, err := s.Run(context.Background(), allFields(b, io.Discard), nil)
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
		n := counters(b, world)
		mpps = append(mpps, n.RatePPS()/1e6)
		again = append(again, float64(end.Losses.SentAgain))
		if n.Open > 0 {
			recall = append(recall, float64(end.Hits)/float64(n.Open))
		}
	}
	slices.Sort(mpps)
	b.ReportMetric(mpps[len(mpps)/2], "Mpps")
	b.ReportMetric(slices.Max(again), "again")
	if len(recall) > 0 {
		b.ReportMetric(slices.Min(recall), "recall")
	}
}

// benchPorts are as many as make a run take seconds.
func benchPorts(engine Engine) (ports []uint16) {
	n := uint16(16)
	if engine == EngineXDP {
		n = 128
	}
	for p := range n {
		ports = append(ports, p+1)
	}
	return ports
}

// BenchmarkCollector is the work per answer after validation: repeats, and a row of the default output.
func BenchmarkCollector(b *testing.B) {
	out, err := output.NewWriter(io.Discard, output.Config{Fields: output.DefaultFields(2)})
	if err != nil {
		b.Fatal(err)
	}
	c := newCollector(1, out, new(Config))
	r := output.Record{Class: output.SYNACK, Success: true, Sport: 443}
	b.ReportAllocs()
	for b.Loop() {
		r.Saddr++
		c.take(&r)
	}
}
