package scan

import (
	"log/slog"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/xsweep/xsweep/output"
	"github.com/xsweep/xsweep/packet"
	"github.com/xsweep/xsweep/xsk"
)

// answerBatch is how many answers travel to the collector at once.
const answerBatch = 256

// answers is a batch on its way from a receiver to the collector and, empty again, back.
type answers struct {
	n       int
	marked  chan<- error // not nil for a question that travels with them: has all that came before been marked?
	records [answerBatch]output.Record
}

// A receiver owns one receive queue. It parses and validates what the XDP program redirects, has accepted connections
// closed, and passes records on, by the batch.
type receiver struct {
	rx        *xsk.RxQueue
	validate  *validator
	resets    *resetQueue // to the sender that serves this queue; nil: nothing is closed
	full      chan<- *answers
	empty     <-chan *answers
	probed    *atomic.Int64 // not 0 once the last probe has been sent
	stopwatch *stopwatch    // nil unless round trips are measured
	kinds     bool          // whether those of TCP options are kept
	log       *slog.Logger
	clock     clock
	n         *receiverCounters

	out  *answers      // being filled
	upTo time.Duration // when the ring was last found empty, or emptied
}

// receiverCounters has one writer; all may read.
type receiverCounters struct {
	_          [cacheLine]byte
	frames     atomic.Uint64 // taken from the ring
	answers    atomic.Uint64 // accepted, repeats included
	invalid    atomic.Uint64 // not an answer, though the XDP program took it for one
	resetsLost atomic.Uint64 // RSTs that the sender had no room for
	passed     atomic.Int64  // answers that came before this time, on the scan's clock, are with the collector
	_          [cacheLine]byte
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
	r.out = <-r.empty
	for recent := 0; ; {
		last, now := stop.Load(), r.clock.now() // before looking: nothing that came earlier is left behind
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
		r.pass()
		if last {
			return
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
}

// take works through n received frames and gives them back.
func (r *receiver) take(n int) {
	now, late := time.Now().UnixNano(), r.probed.Load() != 0
	tick := uint32(0)
	if r.stopwatch != nil {
		tick = r.stopwatch.now()
	}
	var reply packet.Reply
	accepted, lost := 0, 0
	for i := range n {
		if !packet.Parse(r.rx.Frame(i), &reply) {
			continue
		}
		addr, port, ok := r.validate.accept(&reply)
		if !ok {
			continue
		}
		accepted++
		if reply.Kind == packet.SYNACK && r.resets != nil && !r.resets.push(reply.ResetProbe()) {
			lost++
		}
		rec := &r.out.records[r.out.n]
		record(&reply, addr, port, rec)
		rec.Time, rec.Cooldown = now, late
		if r.kinds && reply.Kind == packet.SYNACK {
			recordKinds(&reply, rec)
		}
		if r.stopwatch != nil {
			r.stopwatch.measure(rec, tick)
		}
		if r.out.n++; r.out.n == answerBatch {
			r.pass()
		}
	}
	r.rx.Release(n)
	r.n.frames.Add(uint64(n))
	r.n.answers.Add(uint64(accepted))
	r.n.invalid.Add(uint64(n - accepted))
	r.n.resetsLost.Add(uint64(lost))
}

// pass hands the batch to the collector. It blocks when the collector is behind: then the rings fill, and what they
// cannot hold is counted there.
func (r *receiver) pass() {
	if r.out.n > 0 {
		r.full <- r.out
		r.out = <-r.empty
	}
	r.n.passed.Store(int64(r.upTo))
}
