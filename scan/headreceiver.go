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
	for {
		last, now := stop.Load(), r.clock.now() // before looking
		n, err := r.take(time.Now().Add(receiveWait))
		if err != nil {
			r.log.Warn("waiting for answers", "error", err)
			sleep(receiveWait)
		}
		if n < receiveBatch {
			r.upTo = now
			r.pass()
		}
		if n == 0 && last {
			return
		}
	}
}

// take works through the frames that are there, a batch at most, or waits for one until deadline.
func (r *headReceiver) take(deadline time.Time) (n int, err error) {
	for more := true; more && n < receiveBatch; n++ {
		var frame []byte
		frame, more, err = r.heads.Next(deadline)
		if err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				err = nil
			}
			break
		}
		if n == 0 {
			r.begin() // when it came, not when it was waited for
		}
		r.frame(frame)
	}
	r.publish()
	return n, err
}
