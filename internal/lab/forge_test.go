package lab_test

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
)

// TestForge receives every frame of a flood and looks into it.
func TestForge(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	if _, err := l.AttachPass(l.Scanner); err != nil {
		t.Fatal(err)
	}
	s, err := l.Simulate(lab.SimConfig{})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		cfg  lab.ForgeConfig
		want lab.Outcome
	}{
		{"syn-acks", lab.ForgeConfig{Kind: lab.ForgeSYNACK, Count: 5000, FirstPort: 33000, LastPort: 33099}, lab.Open},
		{"rsts to one port", lab.ForgeConfig{Kind: lab.ForgeRST, Count: 1000, FirstPort: 65535, LastPort: 65535}, lab.Closed},
		{"icmp", lab.ForgeConfig{Kind: lab.ForgeICMP, Count: 1000, FirstPort: 1, LastPort: 2}, lab.Unreachable},
		{"paced", lab.ForgeConfig{Kind: lab.ForgeRST, Count: 300, FirstPort: 1, LastPort: 2, RatePPS: 2000}, lab.Closed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := openTap(t, l.Scanner)
			start := time.Now()
			sent, err := s.Forge(tt.cfg)
			if err != nil || sent != tt.cfg.Count {
				t.Fatalf("Forge = %d, %v; want %d", sent, err, tt.cfg.Count)
			}
			if tt.cfg.RatePPS > 0 && time.Since(start) < 100*time.Millisecond {
				t.Errorf("%d frames at %v pps took only %v", sent, tt.cfg.RatePPS, time.Since(start))
			}
			var got uint64
			distinct := map[string]bool{}
			for frame := p.receiveIP(); frame != nil; frame = p.receiveIP() {
				got++
				checkForged(t, frame, tt.cfg, tt.want)
				distinct[string(frame)] = true
			}
			if got != sent || uint64(len(distinct)) != sent {
				t.Errorf("%d frames arrived, %d different; want %d", got, len(distinct), sent)
			}
		})
	}
	if _, err := s.Forge(lab.ForgeConfig{Kind: lab.ForgeRST, Count: 1, FirstPort: 2, LastPort: 1}); err == nil {
		t.Error("Forge takes an empty port range")
	}
	if _, err := s.Forge(lab.ForgeConfig{Kind: lab.ForgeAll + 1, Count: 1}); err == nil {
		t.Error("Forge takes an unknown kind")
	}
}

func checkForged(t *testing.T, frame []byte, cfg lab.ForgeConfig, want lab.Outcome) {
	t.Helper()
	lab.Decode(t, frame)
	if got := outcomeOf(frame); got != want {
		t.Fatalf("frame is %v, want %v: %x", got, want, frame)
	}
	src, dst := binary.BigEndian.Uint32(frame[26:]), binary.BigEndian.Uint32(frame[30:])
	port := binary.BigEndian.Uint16(frame[36:])
	if want == lab.Unreachable {
		port = binary.BigEndian.Uint16(frame[62:])
	}
	if dst != lab.ScannerAddr || src>>17 != lab.ScannerAddr>>17 || src == lab.WorldAddr || src == lab.ScannerAddr {
		t.Fatalf("frame goes from %v to %v", lab.ToAddr(src), lab.ToAddr(dst))
	}
	if port < cfg.FirstPort || port > cfg.LastPort {
		t.Fatalf("frame is for port %d, want %d to %d", port, cfg.FirstPort, cfg.LastPort)
	}
}

// BenchmarkForge measures how fast frames can be forged, at a scanner whose XDP program drops every frame unseen.
func BenchmarkForge(b *testing.B) {
	for _, bb := range []struct {
		name string
		kind lab.ForgeKind
	}{
		{"kind=syn-ack", lab.ForgeSYNACK},
		{"kind=next-ack", lab.ForgeNextAck},
		{"kind=all", lab.ForgeAll},
	} {
		b.Run(bb.name, func(b *testing.B) {
			l := labtest.New(b, lab.Config{})
			if err := l.AttachDrop(l.Scanner); err != nil {
				b.Fatal(err)
			}
			s, err := l.Simulate(lab.SimConfig{})
			if err != nil {
				b.Fatal(err)
			}
			const frames = 1_000_000
			for b.Loop() {
				if _, err := s.Forge(lab.ForgeConfig{Kind: bb.kind, Count: frames, FirstPort: 32768, LastPort: 61000, Port: 80}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*frames/b.Elapsed().Seconds()/1e6, "Mframes/s")
		})
	}
}

// TestFlood checks the load of the benchmark: every probe of it arrives and is right.
func TestFlood(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	if _, err := l.AttachPass(l.Scanner); err != nil {
		t.Fatal(err)
	}
	s, err := l.Simulate(lab.SimConfig{Open: 0.01, Closed: 0.1, ICMP: 0.01})
	if err != nil {
		t.Fatal(err)
	}
	const n = 100_000
	if sent, err := s.FloodSYN(n); sent != n || err != nil {
		t.Fatalf("FloodSYN(%d) = %d, %v", n, sent, err)
	}
	c := mustCount(t, s)
	if c.SYNs != n || c.Answered()+c.Silent != n {
		t.Errorf("after %d good probes: %+v", n, c)
	}
}
