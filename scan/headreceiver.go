package scan

import (
	"errors"
	"log/slog"
	"os"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/xsweep/xsweep/bpf"
)

// A headReceiver takes the SYN-ACKs that the XDP program passed to the host's stack, of which it has copies: see
// ResetKernel. There is one for all queues.
type headReceiver struct {
	heads *bpf.Heads
	intake
	log *slog.Logger
}

// run receives until stop is set, and what is in the ring then.
func (r *headReceiver) run(stop *atomic.Bool) {
	runtime.LockOSThread()
	r.open()
	for !stop.Load() {
		now := r.clock.now() // before looking
		n, ok := r.take(receiveBatch)
		if !ok {
			sleep(receiveWait)
		} else if n < receiveBatch {
			r.upTo = now
			r.pass()
		}
	}
	r.finish()
}

// finish takes what is in the ring, but nothing that comes meanwhile, as that of a receiver.
func (r *headReceiver) finish() {
	now := r.clock.now()
	for left := r.heads.Len(); left > 0; {
		n, ok := r.take(min(left, receiveBatch))
		if !ok {
			now = r.upTo // what is left has not been passed on
		}
		if n == 0 {
			break
		}
		left -= n
	}
	r.upTo = now
	r.pass()
}

// take works through the frames that are there, up to limit, or waits for one. It returns false where they cannot be read.
func (r *headReceiver) take(limit int) (n int, ok bool) {
	deadline := time.Now().Add(receiveWait)
	var err error
	for more := true; more && n < limit; n++ {
		var frame []byte
		frame, more, err = r.heads.Next(deadline)
		if err != nil {
			break
		}
		if n == 0 {
			r.begin() // when it came, not when it was waited for
		}
		r.frame(frame)
	}
	r.publish()
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		r.log.Warn("waiting for answers", "error", err)
		return n, false
	}
	return n, true
}
