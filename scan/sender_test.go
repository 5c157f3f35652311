package scan

import (
	"errors"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/blocklist"
	"github.com/xsweep/xsweep/packet"
)

// moodyEngine takes what it likes: all, a part, nothing, or nothing for a reason.
type moodyEngine struct {
	rand          *rand.Rand
	sent, resets  []packet.Probe
	refusals      int // how often to be down
	gone          bool
	flushes       int
	sends, closes int // calls, of which every tenth finds no room
}

func (e *moodyEngine) take(probes []packet.Probe, calls *int) int {
	if *calls++; *calls%10 == 0 {
		return 0
	}
	if e.rand.IntN(4) == 0 {
		return len(probes)
	}
	return e.rand.IntN(len(probes) + 1)
}

func (e *moodyEngine) send(probes []packet.Probe) (int, error) {
	if e.gone {
		return 0, unix.ENXIO
	}
	n := e.take(probes, &e.sends)
	e.sent = append(e.sent, probes[:n]...)
	if e.refusals > 0 && len(e.sent) > 1000 {
		e.refusals--
		return n, unix.ENETDOWN
	}
	return n, nil
}

func (e *moodyEngine) reset(conns []packet.Probe) (int, error) {
	n := e.take(conns, &e.closes)
	e.resets = append(e.resets, conns[:n]...)
	return n, nil
}

func (e *moodyEngine) flush() (int, error) { e.flushes++; return e.rand.IntN(2), nil }
func (e *moodyEngine) held() int           { return 0 }
func (e *moodyEngine) drain() int          { return 3 }
func (e *moodyEngine) dropped() uint64     { return 5 }
func (e *moodyEngine) refused() uint64     { return 7 }
func (e *moodyEngine) settle(int) error    { return nil }

func newTestSender(t *testing.T, e transmitter, rate float64) (*sender, chan error) {
	t.Helper()
	return newSenderOf(t, dry(t, set(t, "198.18.0.0/21"), 80, 443), e, rate)
}

func newSenderOf(t *testing.T, cfg Config, e transmitter, rate float64) (*sender, chan error) {
	t.Helper()
	s, err := prepare(cfg)
	if err != nil {
		t.Fatal(err)
	}
	broken := make(chan error, 1)
	speed := new(pace)
	speed.set(rate)
	return &sender{gen: s.generator(s.work(1)), engine: e, limiter: newLimiter(rate), pace: speed, share: 1, clock: newClock(), cpu: -1,
		log: slog.New(slog.DiscardHandler), pauses: new(pauses), n: new(senderCounters), broken: broken}, broken
}

// TestSenderLosesNothing: whatever the engine has no room for, or refuses for a while, is the next to be sent. Every
// probe goes out once and in order, and so does every RST.
func TestSenderLosesNothing(t *testing.T) {
	want := probesOf(t, dry(t, set(t, "198.18.0.0/21"), 80, 443))
	for _, rate := range []float64{0, 100_000} {
		e := &moodyEngine{rand: rand.New(rand.NewPCG(1, uint64(rate))), refusals: 2}
		s, _ := newTestSender(t, e, rate)
		owed := new(resetQueue)
		s.resets = []*resetQueue{owed}
		var resets []packet.Probe
		for i := range uint32(3000) {
			conn := packet.Probe{Seq: i}
			owed.push(conn)
			resets = append(resets, conn)
		}
		var never, now atomic.Bool
		now.Store(true)
		s.probe(&never)
		if !slices.Equal(e.sent, want) {
			t.Errorf("rate %v: %d probes were sent, not each of %d once and in order", rate, len(e.sent), len(want))
		}
		for s.serve(&now); owed.len() > 0; { // the engine may have no room for the last ones just when serve looks
			s.serve(&now)
		}
		if !slices.Equal(e.resets, resets) {
			t.Errorf("rate %v: %d RSTs were sent, not each of %d once and in order", rate, len(e.resets), len(resets))
		}
		n := s.n
		if n.probes.Load() != uint64(len(e.sent)) || n.resets.Load() != 3000 || n.refused.Load() != 2 {
			t.Errorf("counted %d probes, %d RSTs, %d refusals", n.probes.Load(), n.resets.Load(), n.refused.Load())
		}
		if n.unsent.Load() != 3 || n.dropped.Load() != 5 || n.noRoom.Load() == 0 {
			t.Errorf("counted %d unsent, %d dropped, %d without room", n.unsent.Load(), n.dropped.Load(), n.noRoom.Load())
		}
	}
}

// TestSenderCountsFirstProbes: of what is sent in several passes, it knows what is not the first probe of its target.
func TestSenderCountsFirstProbes(t *testing.T) {
	cfg := dry(t, set(t, "198.18.0.0/22"), 80)
	cfg.Probes, cfg.ProbeInterval = 3, time.Millisecond
	s, _ := newSenderOf(t, cfg, &moodyEngine{rand: rand.New(rand.NewPCG(2, 2))}, 0)
	var never atomic.Bool
	s.probe(&never)
	if all, again := s.n.probes.Load(), s.n.again.Load(); all != 3*1024 || again != 2*1024 {
		t.Errorf("%d probes, %d of them not the first; want %d, %d", all, again, 3*1024, 2*1024)
	}
}

// TestSenderReportsAGoneDevice tells Run, which ends the scan.
func TestSenderReportsAGoneDevice(t *testing.T) {
	s, broken := newTestSender(t, &moodyEngine{rand: rand.New(rand.NewPCG(1, 1)), gone: true}, 0)
	var stop atomic.Bool
	ended := make(chan struct{})
	go func() { s.probe(&stop); close(ended) }()
	if err := <-broken; !errors.Is(err, unix.ENXIO) {
		t.Errorf("error %v, want ENXIO", err)
	}
	stop.Store(true)
	<-ended
}

// TestSenderCountsRSTsLeftOver: RSTs that there never was room for are a loss, and it is counted.
func TestSenderCountsRSTsLeftOver(t *testing.T) {
	s, _ := newTestSender(t, full{&moodyEngine{rand: rand.New(rand.NewPCG(1, 1))}}, 0)
	owed := new(resetQueue)
	owed.push(packet.Probe{})
	owed.push(packet.Probe{})
	s.resets = []*resetQueue{owed}
	var now atomic.Bool
	now.Store(true)
	s.serve(&now)
	if got := s.n.unsent.Load(); got != 2+3 {
		t.Errorf("%d frames unsent, want the 2 in the queue and the 3 in the ring", got)
	}
}

// full has room for nothing.
type full struct{ *moodyEngine }

func (full) reset([]packet.Probe) (int, error) { return 0, nil }

// TestSenderCountsWhatItTakesBack: targets that are excluded while their probes wait for room count as left out, and with
// a limit others are probed in their place.
func TestSenderCountsWhatItTakesBack(t *testing.T) {
	for _, probes := range []int{1, 2} {
		cfg := dry(t, set(t, "198.18.0.0/20"), 80)
		cfg.Probes, cfg.MaxTargets = probes, 1000
		e := &moodyEngine{rand: rand.New(rand.NewPCG(3, 3))}
		s, _ := newSenderOf(t, cfg, e, 0)
		if _, ok := s.refill(batchSize, 0); !ok || len(s.batch) != batchSize {
			t.Fatalf("a batch of %d probes, want %d", len(s.batch), batchSize)
		}
		first := s.batch[0].Dst
		out := set(t, "198.18.8.0/21").Union(blocklist.New(blocklist.Range{First: first, Last: first}))
		s.batch = s.batch[probes/2:] // half the probes of the first one have gone out, where it has two
		s.n.probes.Add(uint64(probes / 2))
		s.gen.exclude.Store(out)
		var never atomic.Bool
		s.probe(&never)
		if len(e.sent) != 1000*probes {
			t.Errorf("%d probes in a row: %d were sent, want those of 1000 targets", probes, len(e.sent))
		}
		if i := slices.IndexFunc(e.sent, func(p packet.Probe) bool { return out.Contains(p.Dst) }); i >= 0 {
			t.Errorf("%d probes in a row: %v is probed and excluded", probes, blocklist.ToAddr(e.sent[i].Dst))
		}
		if got, want := s.n.excluded.Load(), excludedBefore(t, cfg, out, 1000); got != want {
			t.Errorf("%d probes in a row: %d targets count as left out, want %d", probes, got, want)
		}
	}
}

// excludedBefore is how many targets of cfg are in out before the n-th that is not.
func excludedBefore(t *testing.T, cfg Config, out *blocklist.Set, n int) (excluded uint64) {
	t.Helper()
	cfg.Probes, cfg.MaxTargets = 1, 0
	for _, p := range probesOf(t, cfg) {
		switch {
		case n == 0:
			return excluded
		case out.Contains(p.Dst):
			excluded++
		default:
			n--
		}
	}
	return excluded
}
