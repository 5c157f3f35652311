package scan

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
	"github.com/xsweep/xsweep/output"
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
		{lab.ForgeICMP, "random ICMP", forged},
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
		{lab.ForgeReplayedICMP, "replayed ICMP", forged},
		{lab.ForgeEcho, "echo", other},
		{lab.ForgeMirrored, "mirrored", other},
		{lab.ForgeMirroredAck, "mirrored with ACK", forged},
		{lab.ForgeData, "with data", forged},
		{lab.ForgeFirstFragment, "first fragment", other},
		{lab.ForgeLaterFragment, "later fragment", other},
		{lab.ForgeICMPSeq, "ICMP with a wrong sequence number", forged},
		{lab.ForgeICMPPort, "ICMP with a wrong port", forged},
		{lab.ForgeICMPShort, "ICMP with a short quote", foreign},
	}
	const each = 1000
	all := lab.ForgeKind(0)
	for _, tt := range tests {
		before, began := s.Snapshot(), time.Now()
		forge(t, world, attackOn(&cfg, tt.kind, each, 0))
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

// TestScanUnderForgery is flooded with a million forged answers a second, of all kinds, and reports none of them.
func TestScanUnderForgery(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 9, Open: 0.1, Closed: 0.1, ICMP: 0.1})
	for _, engine := range bothEngines {
		t.Run(engine.String(), func(t *testing.T) {
			if err := world.Reset(); err != nil {
				t.Fatal(err)
			}
			cfg := labConfig(t, l, 50_000, 80, 81, 82, 83) // for ten seconds
			cfg.Engine, cfg.Key = engine, Key{7, 8}
			const count = 1_500_000
			end, out := scanUnder(t, openScan(t, l, cfg), world, func() {
				forge(t, world, attackOn(&cfg, lab.ForgeAll, count, 1e6))
			})
			stopped := end.Steer.Forged + end.Steer.ForeignICMP + end.Steer.Other + end.Losses.Invalid
			if stopped < count*9/10 {
				t.Errorf("%d forged answers were stopped, want most of %d", stopped, count)
			}
			if lost := out.balance(t, &end); lost > end.Rows/20 {
				t.Errorf("%d true answers lost, %d found", lost, end.Rows)
			}
		})
	}
}

// forge sends all of a flood.
func forge(t *testing.T, world *lab.Simulation, attack lab.ForgeConfig) {
	t.Helper()
	if n, err := world.Forge(attack); err != nil || n != attack.Count {
		t.Errorf("%d of %d answers forged, %v", n, attack.Count, err)
	}
}

// scanUnder scans until an attack has ended.
func scanUnder(t *testing.T, s *Scan, world *lab.Simulation, attack func()) (Snapshot, *judged) {
	t.Helper()
	stop := make(chan struct{})
	go func() { defer close(stop); attack() }()
	out := &judged{Writer: allFields(t, io.Discard), world: world}
	end, err := s.Run(context.Background(), out, stop)
	if err != nil {
		t.Fatal(err)
	}
	<-stop
	return end, out
}

// judged is an output that holds each row against the truth.
type judged struct {
	*output.Writer
	world *lab.Simulation
	wrong uint64 // rows that are not true
	twice uint64
}

func (j *judged) Write(r *output.Record) error {
	truth := map[output.Class]lab.Outcome{output.SYNACK: lab.Open, output.RST: lab.Closed, output.ICMP: lab.Unreachable}
	if j.world.Truth(r.Saddr, r.Sport) != truth[r.Class] {
		j.wrong++
	}
	if r.Repeat {
		j.twice++
	}
	return j.Writer.Write(r)
}

// balance fails where a row is not true, or comes twice, or where an answer that reached the XDP program is neither a row
// nor a counted loss. It returns how many true answers were lost: to receive rings that were full, as counted, and on the
// wire, whose queues hold 256 frames.
func (j *judged) balance(t *testing.T, end *Snapshot) (lost uint64) {
	t.Helper()
	n := counters(t, j.world)
	if j.wrong != 0 || j.twice != 0 || end.Rows == 0 || end.Rows > n.Answered() {
		t.Errorf("%d rows, %d of them wrong, %d there already; the world gave %d answers", end.Rows, j.wrong, j.twice, n.Answered())
	}
	came, dropped := end.Steer.Answers(), end.Losses.RingFull+end.Losses.NoFrame
	if came != end.Rows+end.Losses.Invalid+dropped {
		t.Errorf("the XDP program took %d frames for answers: %d are rows, %d were refused, %d dropped", came, end.Rows,
			end.Losses.Invalid, dropped)
	}
	return n.Answered() - end.Rows
}
