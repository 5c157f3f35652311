package scan

import (
	"math/rand/v2"
	"time"

	"github.com/xsweep/xsweep/output"
)

// stopwatch measures round trips without remembering probes: the time of sending travels in the TCP timestamp, and comes
// back in the answer (RFC 7323). The cookie has no part in it, so that it is as strong as without; ZMap takes 24 of its 32
// bits for the time. A host may send back what it likes, but not make an answer true.
//
// Ticks are microseconds, and begin anywhere: they tell nobody for how long the scan has been running.
type stopwatch struct {
	clock clock
	start uint32
}

func newStopwatch(c clock) *stopwatch { return &stopwatch{clock: c, start: rand.Uint32()} }

const (
	stopwatchTick = time.Microsecond

	// longestRTT is what is believed: ticks come round after 71 minutes, and some hosts send back something else.
	longestRTT = 5 * time.Minute
)

// now is the timestamp of what is sent or received at this time.
func (w *stopwatch) now() uint32 { return w.start + uint32(w.clock.now()/stopwatchTick) }

// measure fills in how long an answer, received at that tick, was on its way: for TCP answers with a timestamp that can
// be true.
func (w *stopwatch) measure(rec *output.Record, received uint32) {
	if !rec.HasTS || rec.TSEcr == 0 {
		return
	}
	rtt := time.Duration(received-rec.TSEcr) * stopwatchTick
	if rtt <= min(longestRTT, w.clock.now()) {
		rec.RTT = max(int64(rtt), 1) // 0 is unknown
	}
}
