package scan

import (
	"log/slog"
	"time"
)

// An easing lowers the rate while the device, or what is behind it, does not keep up: frames that it drops are targets
// lost, and frames that it refuses are work done twice. It looks at both every so often, goes below what arrived when
// there were too many, and after some time without any feels its way back up.
type easing struct {
	pace    *pace
	log     *slog.Logger
	probes  uint64 // at the last look
	lost    uint64
	last    time.Duration
	trouble time.Duration // when it last was too much
}

const (
	easeEvery    = 200 * time.Millisecond
	easeShare    = 500  // one in so many probes may be lost or refused
	easeLeast    = 32   // and so many in any case
	easeDown     = 0.85 // of what arrived
	easeUp       = 1.05
	easePatience = 5 * time.Second
)

// look is told the totals of probes sent and of frames dropped or refused.
func (e *easing) look(now time.Duration, probes, lost uint64) {
	sent, gone, took := probes-e.probes, lost-e.lost, now-e.last
	e.probes, e.lost, e.last = probes, lost, now
	switch {
	case gone > max(easeLeast, sent/easeShare):
		limit := easeDown * float64(sent-min(gone, sent)) / took.Seconds()
		if was := e.pace.ease(max(limit, 1)); was == 0 {
			e.log.Warn("the device does not take all frames: sending slower (--no-backoff keeps the rate)",
				"of", sent, "refused", gone, "pps", int(limit))
		}
		e.trouble = now
	case e.pace.eased() && now-e.trouble >= easePatience:
		e.pace.recover(easeUp)
		e.trouble = now
	}
}

// ease looks at the senders.
func (s *Scan) ease(e *easing) {
	var probes, lost uint64
	for _, snd := range s.senders {
		lost += snd.n.dropped.Load() + snd.n.returned.Load()
		probes += snd.n.probes.Load()
	}
	e.look(s.clock.now(), probes, lost)
}
