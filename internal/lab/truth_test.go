package lab

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"testing"
)

// TestTruthInGoAndC asks both about many targets, under several keys.
func TestTruthInGoAndC(t *testing.T) {
	configs := []SimConfig{
		{Key: 0, Open: 0.25, Closed: 0.25, ICMP: 0.25},
		{Key: 1, Open: 0.012, Closed: 0.5, ICMP: 0.01},
		{Key: math.MaxUint64, Open: 1},
		{Key: 7, Closed: 1},
		{Key: 7, ICMP: 1},
		{Key: 7},
		{Key: 9, Open: 0.1, Closed: 0.2, ICMP: 0.7, Network: netip.MustParsePrefix("198.18.128.0/17")},
	}
	for _, cfg := range configs {
		t.Run(fmt.Sprintf("key=%d,open=%v,closed=%v,icmp=%v", cfg.Key, cfg.Open, cfg.Closed, cfg.ICMP), func(t *testing.T) {
			p, truth := loadTestProgram(t, cfg)
			rnd := rand.New(rand.NewPCG(cfg.Key, 1))
			targets := [][2]uint32{ // the edges
				{truth.network, 0}, {truth.network | ^truth.mask, 65535}, {truth.network + 4, 65535},
			}
			for range 3000 {
				targets = append(targets, [2]uint32{truth.network | rnd.Uint32()&^truth.mask, rnd.Uint32() >> 16})
			}
			for _, target := range targets {
				addr, port := target[0], uint16(target[1])
				if addr == WorldAddr || addr == ScannerAddr {
					continue
				}
				verdict, out := p.run(t, rawSYN(addr, port, 1))
				if got, want := outcomeOfReply(t, verdict, out), truth.outcome(addr, port); got != want {
					t.Fatalf("%v port %d: C says %v, Go says %v", toAddr(addr), port, got, want)
				}
			}
		})
	}
}

// TestShares holds the truth to the shares that were asked for.
func TestShares(t *testing.T) {
	cfg, err := SimConfig{Key: 3, Open: 0.0123, Closed: 0.4, ICMP: 0.05}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	s := &Simulation{cfg: cfg, truth: newTruth(&cfg)}
	first, last, ports := uint32(0xC6120004), uint32(0xC613FFFF), []uint16{80, 443, 22, 8080}
	all := float64(last-first+1) * float64(len(ports))
	for outcome, share := range map[Outcome]float64{Open: cfg.Open, Closed: cfg.Closed, Unreachable: cfg.ICMP} {
		got, want := float64(s.Count(outcome, first, last, ports)), share*all
		if sigma := math.Sqrt(want * (1 - share)); math.Abs(got-want) > 5*sigma {
			t.Errorf("%v targets that are %v, want %v ± %.0f", got, outcome, want, 5*sigma)
		}
	}
	var n uint64
	for addr, port := range s.OpenTargets(first, last, ports) {
		if s.Truth(addr, port) != Open {
			t.Fatalf("OpenTargets yields %v:%d, which is not open", toAddr(addr), port)
		}
		n++
	}
	if want := s.CountOpen(first, last, ports); n != want {
		t.Errorf("OpenTargets yields %d targets, CountOpen says %d", n, want)
	}
}

// TestTruthOfHosts covers the addresses that no hash decides.
func TestTruthOfHosts(t *testing.T) {
	cfg, _ := SimConfig{Open: 1}.withDefaults()
	s := &Simulation{cfg: cfg, truth: newTruth(&cfg)}
	for addr, want := range map[uint32]Outcome{
		ScannerAddr: Silent, WorldAddr: Closed, 0xC611FFFF: Silent, 0xC6140000: Silent, 0xC6120000: Open, 0xC613FFFF: Open,
	} {
		if got := s.Truth(addr, 80); got != want {
			t.Errorf("Truth(%v, 80) = %v, want %v", toAddr(addr), got, want)
		}
	}
}
