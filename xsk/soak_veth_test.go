package xsk

import (
	"errors"
	"math/rand/v2"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cilium/ebpf/link"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// soakTime is how long TestSoak runs: a second, or what XSWEEP_SOAK says, as make soak-xsk has it.
func soakTime(t *testing.T) time.Duration {
	text := os.Getenv("XSWEEP_SOAK")
	if text == "" {
		return time.Second
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("XSWEEP_SOAK: %v", err)
	}
	return d
}

// soakSender sends as fast as it can until it is told to stop, and steps back whenever Kick says to.
type soakSender struct {
	tx    *TxQueue
	steps uint64 // how often it stepped back
}

func (s *soakSender) run(t *testing.T, stop *atomic.Bool, r *rand.Rand) {
	for !stop.Load() {
		n := s.tx.Reserve(1 + r.IntN(300))
		s.tx.Submit(r.IntN(n + 1))
		res, err := s.tx.Kick()
		switch res {
		case KickFailed:
			t.Errorf("Kick() = %v, %v", res, err)
			return
		case KickBackpressure, KickDropped, KickDown:
			s.steps++
			time.Sleep(50 * time.Microsecond)
		}
	}
}

// TestSoak sends on two queues and receives while the peer is stopped, the link flaps, the send buffers become tiny and the
// rings run full, in random order: no frame is leaked in either direction, and while nothing moves there is one futile call
// for each time the sender steps back, no more.
func TestSoak(t *testing.T) {
	w := newWire(t, 2, 2)
	far := w.farSocket(t)
	w.countAtFar(t)
	g, err := OpenGroup(GroupConfig{Config: Config{Ifindex: w.nearIndex, RxSize: 64, FillSize: 128, TxSize: 512}, ShareUmem: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	w.redirectTo(t, link.XDPDriverMode, g.Queues()...)
	var stop atomic.Bool
	var wg sync.WaitGroup
	senders := make([]*soakSender, 2)
	for i, q := range g.Queues() {
		q.TX().Prefill(testFrame(0, 60))
		senders[i] = &soakSender{tx: q.TX()}
		wg.Go(func() { senders[i].run(t, &stop, rand.New(rand.NewPCG(1, uint64(i)))) })
		wg.Go(func() { soakReceive(t, q.RX(), &stop) })
	}
	wg.Go(func() {
		for seq := uint64(0); !stop.Load(); seq++ { // more than the rings hold, and then nothing for a while
			for range 200 {
				_, _ = unix.Write(far.fd, testFrame(seq, 60))
			}
			time.Sleep(time.Millisecond)
		}
	})
	f := faults{w: w, queues: g.Queues(), r: rand.New(rand.NewPCG(3, 4))}
	for end := time.Now().Add(soakTime(t)); time.Now().Before(end) && !t.Failed(); {
		f.inject(t)
	}
	f.heal(t)
	stop.Store(true)
	wg.Wait()
	for i, q := range g.Queues() {
		checkNoLeak(t, i, q, senders[i])
	}
	if seen := receiveAgain(t, g.Queues(), far); seen != 200 {
		t.Errorf("%d different frames received afterwards, want 200", seen)
	}
}

// soakReceive receives, and now and then does not for so long that the rings run full.
func soakReceive(t *testing.T, rx *RxQueue, stop *atomic.Bool) {
	for batch := 0; !stop.Load(); batch++ {
		if err := rx.Wait(time.Millisecond); err != nil {
			t.Error(err)
			return
		}
		n := rx.Receive(1 + batch%64)
		rx.Release(n - n/3)
		if batch%100 == 99 {
			time.Sleep(5 * time.Millisecond)
		}
	}
}

// checkNoLeak drains a queue and finds every slot free, once, and few futile calls.
func checkNoLeak(t *testing.T, i int, q *Queue, s *soakSender) {
	t.Helper()
	tx := q.TX()
	if left, err := tx.Drain(5 * time.Second); left != 0 || err != nil {
		t.Errorf("queue %d: Drain() = %d, %v, want 0, nil", i, left, err)
	}
	slots, free := map[uint64]bool{}, freeSlots(tx)
	for _, addr := range free {
		slots[addr] = true
	}
	if len(slots) != 512 || len(free) != 512 {
		t.Errorf("queue %d: %d slots are free, %d different ones, want all 512", i, len(free), len(slots))
	}
	c := tx.Counters()
	if c.Submitted != c.Completed || c.Submitted == 0 {
		t.Errorf("queue %d: Counters() = %+v, want as many completed as submitted", i, c)
	}
	if c.Futile > s.steps {
		t.Errorf("queue %d: %d futile calls while the sender stepped back %d times, want at most one each", i, c.Futile, s.steps)
	}
	st, err := q.Stats()
	if err != nil || st.TxInvalid != 0 {
		t.Errorf("queue %d: Stats() = %+v, %v, want no invalid descriptor", i, st, err)
	}
	t.Logf("queue %d: %+v, %d steps back, %.5f calls a frame; %+v", i, c, s.steps, c.CallsPerFrame(), st)
}

// receiveAgain empties the RX rings, has 200 frames come, and counts the different ones.
func receiveAgain(t *testing.T, queues []*Queue, far packetSocket) int {
	t.Helper()
	time.Sleep(10 * time.Millisecond)
	for _, q := range queues {
		for n := q.RX().Receive(64); n > 0; n = q.RX().Receive(64) {
			q.RX().Release(n)
		}
	}
	seen := map[uint64]bool{}
	for seq := uint64(1 << 40); seq < 1<<40+200; seq++ {
		far.write(t, testFrame(seq, 60))
		poll(func() bool {
			for _, q := range queues {
				n := q.RX().Receive(64)
				for i := range n {
					if b := q.RX().Frame(i); len(b) == 60 && b[12] == etherType>>8 {
						seen[frameSeq(t, b[14:], 46)] = true
					}
				}
				q.RX().Release(n)
			}
			return seen[seq]
		})
	}
	for seq := range seen {
		if seq < 1<<40 {
			delete(seen, seq)
		}
	}
	return len(seen)
}

// faults makes trouble on a wire.
type faults struct {
	w      *wire
	queues []*Queue
	r      *rand.Rand
}

// inject makes one fault, lets it last for some milliseconds, and heals it.
func (f *faults) inject(t *testing.T) {
	t.Helper()
	switch f.r.IntN(4) {
	case 0:
		f.set(t, f.w.farLink, f.w.farIndex, false)
	case 1:
		f.set(t, f.w.nearLink, f.w.nearIndex, false)
	case 2:
		f.sendBuffers(t, 1) // the kernel's least, a few frames
	case 3: // nothing, for once
	}
	time.Sleep(time.Duration(1+f.r.IntN(20)) * time.Millisecond)
	f.heal(t)
	time.Sleep(time.Duration(f.r.IntN(10)) * time.Millisecond)
	runtime.Gosched()
}

// heal ends every fault.
func (f *faults) heal(t *testing.T) {
	t.Helper()
	f.set(t, f.w.farLink, f.w.farIndex, true)
	f.set(t, f.w.nearLink, f.w.nearIndex, true)
	f.sendBuffers(t, 8<<20)
}

// set sets a link up or down.
func (f *faults) set(t *testing.T, h *netlink.Handle, index int, up bool) {
	t.Helper()
	l, err := h.LinkByIndex(index)
	if err == nil && up {
		err = h.LinkSetUp(l)
	} else if err == nil {
		err = h.LinkSetDown(l)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// sendBuffers sets the send buffers of all queues.
func (f *faults) sendBuffers(t *testing.T, bytes int) {
	t.Helper()
	var errs []error
	for _, q := range f.queues {
		errs = append(errs, unix.SetsockoptInt(q.txSock.fd, unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, bytes))
	}
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}
