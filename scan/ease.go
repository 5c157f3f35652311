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
	dropped uint64
	refused uint64
	last    time.Duration
	rate    float64       // at which frames left until then, since the look before
	trouble time.Duration // when it last was too much
	step    float64       // by how much the limit is raised next
}

const (
	easeEvery    = 200 * time.Millisecond
	easeDropped  = 500  // one in so many probes may be lost
	easeRefused  = 20   // or refused: those cost time, and bursts of others' traffic refuse a few at any rate
	easeLeast    = 32   // and so many in any case
	easeDown     = 0.85 // of what arrived
	easeMost     = 0.5  // of the limit, or of the rate, before: one bad moment does not end a scan, nor a stop of the process
	easeFloor    = 1000 // packets per second, below which it is not the rate that is wrong
	easeUp       = 1.05 // at first; the step doubles for as long as all goes well, up to easeFast
	easeFast     = 2
	easePatience = 5 * time.Second
)

// look is told the totals of probes sent, of frames dropped, and of how often frames were refused, which may be more
// often than there are frames.
func (e *easing) look(now time.Duration, probes, dropped, refused uint64) {
	if now-e.last < easeEvery/2 {
		return // the second of two at once, as after a stop: it would measure a moment
	}
	sent, gone, again, took := probes-e.probes, dropped-e.dropped, refused-e.refused, now-e.last
	arrived, before := float64(sent-min(gone, sent))/took.Seconds(), e.rate
	e.probes, e.dropped, e.refused, e.last, e.rate = probes, dropped, refused, now, arrived
	switch {
	case gone > max(easeLeast, sent/easeDropped) || again > max(easeLeast, sent/easeRefused):
		limit := max(easeDown*arrived, easeMost*max(e.pace.limited(), before), easeFloor)
		if was := e.pace.ease(limit); was == 0 {
			e.log.Warn("the device does not take all frames: sending slower (--no-backoff keeps the rate)",
				"sent", sent, "dropped", gone, "refused", again, "pps", int(limit))
		}
		e.trouble, e.step = now, easeUp
	case e.pace.eased() && now-e.trouble >= easePatience:
		e.pace.recover(e.step)
		e.trouble, e.step = now, min(1+2*(e.step-1), easeFast)
	}
}

// ease looks at the senders.
func (s *Scan) ease(e *easing) {
	var probes, dropped, refused uint64
	for _, snd := range s.senders {
		dropped += snd.n.dropped.Load()
		refused += snd.n.returned.Load()
		probes += snd.n.probes.Load()
	}
	e.look(s.clock.now(), probes, dropped, refused)
}
