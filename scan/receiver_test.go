package scan

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xsweep/xsweep/bpf"
	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
	"github.com/xsweep/xsweep/xsk"
	"github.com/xsweep/xsweep/xsk/xsktest"
)

// stopped is what a receiver is told that is to take what is there and end.
func stopped() *atomic.Bool {
	b := new(atomic.Bool)
	b.Store(true)
	return b
}

// TestReceiverEnds has one more frame come for each batch that is taken: a receiver that waited for its ring to be empty
// would have no end.
func TestReceiverEnds(t *testing.T) {
	const there, more = receiveBatch + 10, 1000
	p := newGoPath(t, 1)
	q, k, err := xsktest.New(xsk.Config{})
	if err != nil {
		t.Fatal(err)
	}
	deliver := func() {
		if !k.Deliver(p.frames[0]) {
			t.Error("there is no room for a frame")
		}
	}
	for range there {
		deliver()
	}
	came := 0
	p.intake.timeOfDay = func() time.Time {
		if came < more {
			came++
			deliver()
		}
		return time.Now()
	}
	r := &receiver{rx: q.RX(), intake: p.intake, log: slog.New(slog.DiscardHandler)}
	end(func() { r.run(stopped()) })
	if n := r.n.frames.Load(); n != there || r.unread() != came || came == 0 {
		t.Errorf("%d frames taken, %d left; want %d, and the %d that came meanwhile", n, r.unread(), there, came)
	}
	if passed := collected(p); passed != there {
		t.Errorf("%d answers are with the collector, want %d", passed, there)
	}
}

// TestHeadReceiverEnds is the same for copies of SYN-ACKs.
func TestHeadReceiverEnds(t *testing.T) {
	const there, more = 5, 50
	p := newGoPath(t, 1)
	v := p.intake.validate
	s, err := bpf.LoadSteer(bpf.SteerConfig{Key0: v.key[0], Key1: v.key[1], Sources: []uint32{v.only.addr},
		PortFirst: v.ports.First, PortLast: v.ports.Last, PassSYNACKs: true})
	needPrivilege(t, err)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	heads, err := s.Heads()
	if err != nil {
		t.Fatal(err)
	}
	defer heads.Close()
	deliver := func() {
		if _, err := s.Run(p.frames[0]); err != nil {
			t.Error(err)
		}
	}
	for range there {
		deliver()
	}
	came := 0
	p.intake.timeOfDay = func() time.Time {
		if came < more {
			came++
			deliver()
		}
		return time.Now()
	}
	r := &headReceiver{heads: heads, intake: p.intake, log: slog.New(slog.DiscardHandler)}
	end(func() { r.run(stopped()) })
	if n := r.n.frames.Load(); n != there || heads.Len() != came || came == 0 {
		t.Errorf("%d frames taken, %d left; want %d, and the %d that came meanwhile", n, heads.Len(), there, came)
	}
	if passed := collected(p); passed != there {
		t.Errorf("%d answers are with the collector, want %d", passed, there)
	}
}

// end waits for a function that takes its thread with it.
func end(f func()) {
	var done sync.WaitGroup
	done.Go(f)
	done.Wait()
}

// collected is how many answers have been passed on.
func collected(p *goPath) (n int) {
	for len(p.collector.in) > 0 {
		n += (<-p.collector.in).n
	}
	return n
}

// TestBalanceUnderFlood has frames with right cookies come all the time, as those of a target that repeats its answer without
// end, while the scan ends: the counters add up.
func TestBalanceUnderFlood(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 4})
	for _, policy := range []ResetPolicy{ResetReply, ResetKernel} {
		cfg := labConfig(t, l, 1000, 80)
		cfg.Key, cfg.Cooldown, cfg.Reset = Key{5, 6}, 200*time.Millisecond, policy
		s := openScan(t, l, cfg)
		const enough = 10_000
		var over atomic.Bool
		var flood sync.WaitGroup
		flood.Go(func() {
			for !over.Load() {
				forge(t, world, attackOn(&cfg, lab.ForgeUnprobedPort, 10_000, 0))
			}
		})
		stop := make(chan struct{})
		flood.Go(func() {
			for seen := uint64(0); seen < enough && !over.Load(); time.Sleep(time.Millisecond) {
				now := s.Snapshot()
				seen = now.Balance().Seen
			}
			close(stop)
		})
		end, err := s.Run(context.Background(), allFields(t, io.Discard), stop)
		if err != nil {
			t.Error(err)
		}
		over.Store(true)
		flood.Wait()
		if b := end.Balance(); b.Missing != 0 || b.Seen < enough || b.Lost+b.Unread != b.Seen {
			t.Errorf("%v: balance %+v, losses %+v; want none missing", policy, b, end.Losses)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
