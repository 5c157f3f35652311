package scan

import (
	"io"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xsweep/xsweep/bpf"
	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
)

// TestFarEndStopsReading has the far end take no frames any more, and again: to a veth without a program and without GRO
// the kernel gives no XDP frames. Targets wait meanwhile, none is lost, and the rate is not eased: it is not at fault.
func TestFarEndStopsReading(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	worldOf := lab.SimConfig{Key: 4, Open: 0.1}
	world := simulate(t, l, worldOf)
	var log lockedBuffer
	cfg := labConfig(t, l, 20_000, 80)
	cfg.Engine, cfg.MaxTargets, cfg.Logger = EngineXDP, 20_000, slog.New(slog.NewTextHandler(&log, nil))
	s := openScan(t, l, cfg)
	ended := make(chan Snapshot, 1)
	go func() {
		end, err := s.Run(t.Context(), allFields(t, io.Discard), nil)
		if err != nil {
			t.Error(err)
		}
		ended <- end
	}()
	await(t, func() bool { return s.Snapshot().Probes > 5000 })
	if err := l.World.SetGRO(false); err != nil {
		t.Fatal(err)
	}
	before := counters(t, world)
	if err := world.Close(); err != nil {
		t.Fatal(err)
	}
	await(t, func() bool { return strings.Contains(log.String(), "sending is paused") })
	stuck := s.Snapshot().Probes
	time.Sleep(700 * time.Millisecond)
	if now := s.Snapshot().Probes; now != stuck {
		t.Errorf("%d probes were given away while nobody took any", now-stuck)
	}
	world = simulate(t, l, worldOf) // reading again
	end := <-ended
	after := counters(t, world)
	const unseen = 64 // came between the counting and the end of the first world
	if got := before.SYNs + after.SYNs; end.Probes != cfg.MaxTargets || got+unseen < cfg.MaxTargets || got > cfg.MaxTargets {
		t.Errorf("%d probes sent and %d arrived, want %d", end.Probes, got, cfg.MaxTargets)
	}
	if answers := before.Open + after.Open; end.Hits+unseen < answers || end.Hits > answers+unseen || end.End != EndMaxTargets {
		t.Errorf("%d hits, the worlds accepted %d; ended because %q", end.Hits, answers, end.End)
	}
	if text := log.String(); strings.Count(text, "sending is paused") != 1 || strings.Count(text, "sending goes on") != 1 ||
		strings.Contains(text, "sending slower") {
		t.Errorf("the log: %s", text)
	}
}

// TestFarEndIsSlow overruns the far end's ring by AF_XDP, as TestEmitSendsAgain does by live frames: what it has no room
// for waits, and every target is probed once.
func TestFarEndIsSlow(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 4, Open: 0.01, CoveragePorts: []uint16{1, 2, 3, 4}})
	if err := l.World.PollByThread(); err != nil { // else the sender itself empties the rings
		t.Fatal(err)
	}
	cfg := labConfig(t, l, 0, 1, 2, 3, 4)
	cfg.Engine = EngineXSK
	r := runScan(t, l, cfg, nil)
	checkEachOnce(t, world, cfg.Targets.Len()*4)
	checkTruth(t, r, world, cfg)
	if r.end.Losses.WaitedForRoom+r.end.Losses.SentAgain == 0 {
		t.Error("nothing had to wait: the far end was not overrun")
	}
}

// await waits until something is so.
func await(t *testing.T, isSo func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !isSo(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it is not so after twenty seconds")
		}
	}
}

// TestScanBeginsWithoutCarrier: where there is nobody at the far end from the beginning, nothing is sent before there is, for
// many drivers would drop it without a word.
func TestScanBeginsWithoutCarrier(t *testing.T) {
	for _, engine := range bothEngines {
		t.Run(engine.String(), func(t *testing.T) {
			l := labtest.New(t, lab.Config{})
			world := simulate(t, l, lab.SimConfig{Key: 4, Open: 0.1, CoveragePorts: []uint16{80}})
			var log lockedBuffer
			cfg := labConfig(t, l, 20_000, 80)
			cfg.Engine, cfg.MaxTargets, cfg.Logger = engine, 5000, slog.New(slog.NewTextHandler(&log, nil))
			s := openScan(t, l, cfg)
			var carrier atomic.Bool
			look := s.device.look
			s.device.look = func() (bpf.Device, error) { // the wire of the lab passes on what is sent in any case
				now, err := look()
				now.Carrier = now.Carrier && carrier.Load()
				return now, err
			}
			ended := make(chan Snapshot, 1)
			go func() {
				end, err := s.Run(t.Context(), allFields(t, io.Discard), nil)
				if err != nil {
					t.Error(err)
				}
				ended <- end
			}()
			await(t, func() bool { return strings.Contains(log.String(), "sending is paused") })
			if n := counters(t, world).SYNs; n > 0 {
				t.Errorf("%d probes were sent to nobody", n)
			}
			carrier.Store(true)
			if end := <-ended; end.Probes != cfg.MaxTargets {
				t.Errorf("%d probes sent, want %d", end.Probes, cfg.MaxTargets)
			}
			checkEachOnce(t, world, cfg.MaxTargets)
		})
	}
}
