package scan

import (
	"log/slog"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/xsweep/xsweep/xsk"
)

// A receiver owns one receive queue. It gives what the XDP program redirects to its intake, by the batch.
type receiver struct {
	rx *xsk.RxQueue
	intake
	log *slog.Logger
}

const (
	receiveBatch = 256
	receiveWait  = 20 * time.Millisecond // bounds how late the end of the scan is noticed

	// A receiver that has had busyFrames since it last had nothing to do looks again after busyPause instead of having
	// the kernel wake it: to be woken for every few answers costs a sender on the same core more than the answers do. The
	// ring holds many times what comes in that time.
	busyFrames = 16
	busyPause  = time.Millisecond
)

// run receives until stop is set, and what is in the ring then.
func (r *receiver) run(stop *atomic.Bool) {
	runtime.LockOSThread()
	preciseSleep()
	r.open()
	for recent := 0; !stop.Load(); {
		now := r.clock.now() // before looking: nothing that came earlier is left behind
		n := r.rx.Receive(receiveBatch)
		if n > 0 {
			r.take(n)
			recent += n
			if n < receiveBatch {
				r.upTo = now
			}
			continue
		}
		r.upTo = now
		if len(r.full) == 0 { // else the collector is behind, and full batches make the queue long
			r.pass()
		}
		busy := recent >= busyFrames && r.stopwatch == nil // which wants to know when they came
		recent = 0
		if busy {
			sleep(busyPause)
			continue
		}
		if err := r.rx.Wait(receiveWait); err != nil {
			r.log.Warn("waiting for answers", "error", err)
			sleep(receiveWait)
		}
	}
	r.finish()
}

// finish takes what is in the ring, but nothing that comes meanwhile: a target that repeats its answer faster than we take
// it would have no scan end.
func (r *receiver) finish() {
	now := r.clock.now()
	for left := r.unread(); left > 0; {
		n := r.rx.Receive(min(left, receiveBatch))
		r.take(n)
		left -= n
	}
	r.upTo = now
	r.pass()
}

// take works through n received frames and gives them back.
func (r *receiver) take(n int) {
	r.begin()
	for i := range n {
		r.frame(r.rx.Frame(i))
	}
	r.rx.Release(n)
	r.publish()
}

// unread is how many frames are in the ring.
func (r *receiver) unread() int { return r.rx.Receive(int(^uint32(0) >> 1)) }
