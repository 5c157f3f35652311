package scan

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
)

// attackOn is a flood of forged answers to a scan, by one who knows its key.
func attackOn(cfg *Config, kind lab.ForgeKind, count uint64, rate float64) lab.ForgeConfig {
	return lab.ForgeConfig{
		Kind: kind, Count: count, RatePPS: rate, Key: cfg.Key, Port: cfg.Ports[0],
		FirstPort: DefaultSourcePorts.First, LastPort: DefaultSourcePorts.Last,
	}
}

// TestForgeryKinds sends some of each kind at a scan that has nothing else to hear: each is stopped where it should be,
// all but two kinds by the XDP program, and none becomes an answer.
func TestForgeryKinds(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 9})
	cfg := labConfig(t, l, 1000, 80)
	cfg.Key, cfg.MaxTargets, cfg.Cooldown = Key{5, 6}, 1, time.Hour
	s := openScan(t, l, cfg)
	ctx, leave := context.WithCancel(context.Background())
	ended := make(chan Snapshot)
	go func() {
		end, _ := s.Run(ctx, allFields(t, io.Discard), nil)
		ended <- end
	}()

	forged := func(n *Snapshot) uint64 { return n.Steer.Forged }
	foreign := func(n *Snapshot) uint64 { return n.Steer.ForeignICMP }
	other := func(n *Snapshot) uint64 { return n.Steer.Other }
	byGo := func(n *Snapshot) uint64 { return n.Losses.Invalid }
	tests := []struct {
		kind  lab.ForgeKind
		name  string
		count func(*Snapshot) uint64
	}{
		{lab.ForgeSYNACK, "random SYN-ACK", forged},
		{lab.ForgeRST, "random RST", forged},
		{lab.ForgeICMP, "random ICMP", foreign},
		{lab.ForgeBareAck, "bare sequence number", forged},
		{lab.ForgeNextAck, "one too many", forged},
		{lab.ForgeZeroAck, "zero", forged},
		{lab.ForgeNextRST, "RST with one too many", forged},
		{lab.ForgeZeroRST, "RST with zero", forged},
		{lab.ForgeToPort, "to another port", forged},
		{lab.ForgeFromPort, "from another port", forged},
		{lab.ForgeFromHost, "from another host", forged},
		{lab.ForgeUnprobedPort, "from a port not probed", byGo},
		{lab.ForgeUnprobedHost, "from a host not probed", byGo},
		{lab.ForgeReplayedSYNACK, "replayed SYN-ACK", forged},
		{lab.ForgeReplayedRST, "replayed RST", forged},
		{lab.ForgeReplayedICMP, "replayed ICMP", foreign},
		{lab.ForgeEcho, "echo", other},
		{lab.ForgeMirrored, "mirrored", other},
		{lab.ForgeMirroredAck, "mirrored with ACK", forged},
		{lab.ForgeData, "with data", forged},
		{lab.ForgeFirstFragment, "first fragment", other},
		{lab.ForgeLaterFragment, "later fragment", other},
		{lab.ForgeICMPSeq, "ICMP with a wrong sequence number", foreign},
		{lab.ForgeICMPPort, "ICMP with a wrong port", foreign},
		{lab.ForgeICMPShort, "ICMP with a short quote", foreign},
	}
	const each = 1000
	all := lab.ForgeKind(0)
	for _, tt := range tests {
		before, began := s.Snapshot(), time.Now()
		if n, err := world.Forge(attackOn(&cfg, tt.kind, each, 0)); n != each || err != nil {
			t.Fatalf("%s: %d forged, %v", tt.name, n, err)
		}
		now := s.Snapshot()
		for tt.count(&now)-tt.count(&before) < each && time.Since(began) < 5*time.Second { // Go's part takes a moment
			time.Sleep(time.Millisecond)
			now = s.Snapshot()
		}
		// The host's own traffic is counted as other, too.
		if got := tt.count(&now) - tt.count(&before); got < each || got > each+10 {
			t.Errorf("%s: %d of %d are counted: before %+v, now %+v", tt.name, got, each, before, now)
		}
		all |= tt.kind
	}
	if all != lab.ForgeAll {
		t.Errorf("kinds %#x of %#x are tested", all, lab.ForgeAll)
	}
	leave()
	if end := <-ended; end.Answers != 0 || end.Rows != 0 {
		t.Errorf("%d answers, %d rows: nobody answered", end.Answers, end.Rows)
	}
}

// TestScanUnderForgery is flooded with a million forged answers a second, of all kinds, and reports the truth.
func TestScanUnderForgery(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 9, Open: 0.01, Closed: 0.01, ICMP: 0.01})
	for _, engine := range bothEngines {
		t.Run(engine.String(), func(t *testing.T) {
			cfg := labConfig(t, l, 80_000, 80)
			cfg.Engine, cfg.Key = engine, Key{7, 8}
			flooded := make(chan uint64)
			const count = 1_500_000
			go func() {
				n, err := world.Forge(attackOn(&cfg, lab.ForgeAll, count, 1e6))
				if err != nil {
					t.Error(err)
				}
				flooded <- n
			}()
			r := runScan(t, l, cfg, nil)
			if n := <-flooded; n != count {
				t.Errorf("%d forged answers sent, want %d", n, count)
			}
			checkTruth(t, r, world, cfg)
			if got := stopped(&r.end); got < count*9/10 {
				t.Errorf("%d forged answers were stopped, want most of %d", got, count)
			}
		})
	}
}

// stopped is how many frames came that were no answers.
func stopped(end *Snapshot) uint64 {
	return end.Steer.Forged + end.Steer.ForeignICMP + end.Steer.Other + end.Losses.Invalid
}
