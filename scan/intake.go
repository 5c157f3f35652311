package scan

import (
	"sync/atomic"
	"time"

	"github.com/xsweep/xsweep/output"
	"github.com/xsweep/xsweep/packet"
)

// answerBatch is how many answers travel to the collector at once.
const answerBatch = 256

// answers is a batch on its way from a receiver to the collector and, empty again, back.
type answers struct {
	n       int
	marked  chan<- error // not nil for a question that travels with them: has all that came before been marked?
	records [answerBatch]output.Record
}

// An intake is what becomes of a frame, whichever way it came in: it is parsed and validated, the connection that it
// accepts is closed, and its record passed on, by the batch. It belongs to one goroutine.
type intake struct {
	validate  *validator
	resets    *resetQueue // to the sender that serves this queue; nil: nothing is closed
	limit     *resetLimit // not nil with resets
	full      chan<- *answers
	empty     <-chan *answers
	clock     clock
	timeOfDay func() time.Time
	probed    *atomic.Int64 // not 0 once the last probe has been sent
	stopwatch *stopwatch    // nil unless round trips are measured
	kinds     bool          // whether those of TCP options are kept
	n         *receiverCounters

	out     *answers      // being filled
	upTo    time.Duration // when the ring was last found empty, or emptied
	reply   packet.Reply
	batch   batchCounts
	closing []packet.Probe // connections of the batch that are to be closed, as far as resets is not nil

	// Of the whole batch.
	wall int64         // nanoseconds since 1970
	now  time.Duration // on the scan's clock
	late bool          // after the last probe
	tick uint32        // on the stopwatch
}

// batchCounts are counted in a batch and published at its end.
type batchCounts struct {
	frames, answers, unparsed, invalid, resetsLost, resetsWithheld uint64
}

// receiverCounters has one writer; all may read. A frame adds to frames and to one of answers, unparsed and invalid.
type receiverCounters struct {
	_              [cacheLine]byte
	frames         atomic.Uint64 // taken
	answers        atomic.Uint64 // accepted, repeats included
	unparsed       atomic.Uint64 // not well formed, though the XDP program took it for that
	invalid        atomic.Uint64 // not an answer to a probe of ours, though the XDP program took it for one
	resetsLost     atomic.Uint64 // RSTs that the sender had no room for
	resetsWithheld atomic.Uint64 // RSTs to repeated SYN-ACKs that resetLimit did not allow
	passed         atomic.Int64  // answers that came before this time, on the scan's clock, are with the collector
	_              [cacheLine]byte
}

// open comes first, in the goroutine of the intake.
func (in *intake) open() {
	in.out = <-in.empty
	in.closing = make([]packet.Probe, 0, receiveBatch)
}

// begin begins a batch.
func (in *intake) begin() {
	in.wall, in.now, in.late = in.timeOfDay().UnixNano(), in.clock.now(), in.probed.Load() != 0
	if in.stopwatch != nil {
		in.tick = in.stopwatch.now()
	}
}

// frame takes one frame, and keeps no reference to it.
func (in *intake) frame(frame []byte) {
	in.batch.frames++
	reply := &in.reply
	if !packet.Parse(frame, reply) {
		in.batch.unparsed++
		return
	}
	addr, port, ok := in.validate.accept(reply)
	if !ok {
		in.batch.invalid++
		return
	}
	in.batch.answers++
	if reply.Kind == packet.SYNACK && in.resets != nil {
		in.closing = append(in.closing, reply.ResetProbe())
	}
	rec := &in.out.records[in.out.n]
	record(reply, addr, port, rec)
	rec.Time, rec.Cooldown = in.wall, in.late
	if in.kinds && reply.Kind == packet.SYNACK {
		recordKinds(reply, rec)
	}
	if in.stopwatch != nil {
		in.stopwatch.measure(rec, in.tick)
	}
	if in.out.n++; in.out.n == answerBatch {
		in.pass()
	}
}

// reset has the batch's connections closed, but those that have been closed too often. A RST that found no room does not
// count.
func (in *intake) reset() {
	in.limit.touch(in.closing)
	for i := range in.closing {
		conn := &in.closing[i]
		place, ok := in.limit.allows(conn, in.now)
		switch {
		case !ok:
			in.batch.resetsWithheld++
		case !in.resets.push(*conn):
			in.batch.resetsLost++
		default:
			in.limit.sent(place)
		}
	}
	in.closing = in.closing[:0]
}

// publish ends a batch.
func (in *intake) publish() {
	if len(in.closing) > 0 {
		in.reset()
	}
	n, b := in.n, &in.batch
	n.frames.Add(b.frames)
	n.answers.Add(b.answers)
	n.unparsed.Add(b.unparsed)
	n.invalid.Add(b.invalid)
	n.resetsLost.Add(b.resetsLost)
	n.resetsWithheld.Add(b.resetsWithheld)
	*b = batchCounts{}
}

// pass hands the records to the collector. It blocks when the collector is behind: then the rings fill, and what they
// cannot hold is counted there.
func (in *intake) pass() {
	if in.out.n > 0 {
		in.full <- in.out
		in.out = <-in.empty
	}
	in.n.passed.Store(int64(in.upTo))
}
