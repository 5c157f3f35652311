package xsk

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/cilium/ebpf/link"
)

// TestQueueReceive redirects frames from the far end to the queue: all arrive, whole and in order.
func TestQueueReceive(t *testing.T) {
	const frames = 10_000
	for _, mode := range []struct {
		name  string
		flags link.XDPAttachFlags
	}{
		{"generic", link.XDPGenericMode},
		{"native", link.XDPDriverMode},
	} {
		for _, direction := range []Direction{Both, ReceiveOnly} {
			t.Run(fmt.Sprintf("mode=%s,direction=%d", mode.name, direction), func(t *testing.T) {
				w := newWire(t, 1, 1)
				far := w.farSocket(t)
				q := w.open(t, Config{Direction: direction, RxSize: 256, FillSize: 512})
				w.redirectTo(t, mode.flags, q)
				rx := q.RX()
				for seq, sent := uint64(0), uint64(0); seq < frames; {
					// Never more on the way than the RX ring holds, so that none may be missing.
					for ; sent < frames && sent-seq < 200; sent++ {
						far.write(t, testFrame(sent, 60+int(sent%1400)))
					}
					if err := rx.Wait(5 * time.Second); err != nil {
						t.Fatal(err)
					}
					n := rx.Receive(64)
					if n == 0 {
						t.Fatalf("nothing for 5 s after %d frames of %d", seq, sent)
					}
					for i := range n {
						got := rx.Frame(i)
						if len(got) < 14 || got[12] != etherType>>8 || got[13] != etherType&0xff {
							continue // the host's own neighbour discovery
						}
						if want := testFrame(seq, 60+int(seq%1400)); !slices.Equal(got, want) {
							t.Fatalf("frame %d:\n got %x\nwant %x", seq, got, want)
						}
						seq++
					}
					rx.Release(n)
				}
				if s, err := q.Stats(); err != nil || s != (Stats{FillRingEmpty: s.FillRingEmpty, TxRingEmpty: s.TxRingEmpty}) {
					t.Errorf("Stats() = %+v, %v, want nothing dropped", s, err)
				}
				if c := rx.Counters(); c.Received < frames {
					t.Errorf("Counters() = %+v, want at least %d received", c, frames)
				}
			})
		}
	}
}

// TestQueueStats overruns the RX ring, then starves the fill ring, and finds both counted.
func TestQueueStats(t *testing.T) {
	w := newWire(t, 1, 1)
	far := w.farSocket(t)
	t.Run("RX ring full", func(t *testing.T) {
		w.enter(t)
		q := w.open(t, Config{RxSize: 16, FillSize: 64})
		w.redirectTo(t, link.XDPGenericMode, q)
		for seq := range uint64(50) {
			far.write(t, testFrame(seq, 60))
		}
		s := waitStats(t, q, func(s Stats) bool { return s.RxRingFull >= 34 })
		if n := q.RX().Receive(64); n != 16 || s.RxRingFull < 34 {
			t.Errorf("of 50 frames %d wait in a ring of 16, and Stats() = %+v, want 16, and 34 counted as RxRingFull", n, s)
		}
	})
	t.Run("fill ring empty", func(t *testing.T) {
		w.enter(t)
		q := w.open(t, Config{RxSize: 64, FillSize: 64, RxFrames: 16})
		w.redirectTo(t, link.XDPGenericMode, q)
		for seq := range uint64(50) {
			far.write(t, testFrame(seq, 60))
		}
		s := waitStats(t, q, func(s Stats) bool { return s.FillRingEmpty >= 34 })
		if n := q.RX().Receive(64); n != 16 || s.FillRingEmpty < 34 || s.RxDropped < 34 {
			t.Errorf("of 50 frames %d wait in 16 of memory, and Stats() = %+v, want 16, and 34 counted as dropped", n, s)
		}
	})
	t.Run("invalid descriptor", func(t *testing.T) {
		w.enter(t)
		q := w.open(t, Config{})
		tx := q.TX()
		tx.Reserve(1)
		tx.tx.slots[0].Len = 0 // which SetLen does not let through
		tx.Submit(1)
		if res, err := tx.Kick(); res != KickDrained || err != nil {
			t.Errorf("Kick() = %v, %v, want drained", res, err)
		}
		if s, err := q.Stats(); err != nil || s.TxInvalid != 1 {
			t.Errorf("Stats() = %+v, %v, want TxInvalid 1", s, err)
		}
	})
	t.Run("allocations", func(t *testing.T) {
		w.enter(t)
		q := w.open(t, Config{})
		if n := testing.AllocsPerRun(100, func() { _, _ = q.Stats() }); n != 0 {
			t.Errorf("Stats allocates %v times, want 0", n)
		}
		if n := testing.AllocsPerRun(100, func() { _ = q.RX().Wait(time.Microsecond) }); n != 0 {
			t.Errorf("Wait allocates %v times, want 0", n)
		}
	})
}

// waitStats reads statistics until they satisfy enough, for up to five seconds.
func waitStats(tb testing.TB, q *Queue, enough func(Stats) bool) (s Stats) {
	tb.Helper()
	poll(func() bool {
		var err error
		if s, err = q.Stats(); err != nil {
			tb.Fatal(err)
		}
		return enough(s)
	})
	return s
}

// poll calls done until it reports true, for up to five seconds, a millisecond apart.
func poll(done func() bool) {
	for deadline := time.Now().Add(5 * time.Second); !done() && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
}
