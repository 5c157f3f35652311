package main

import (
	"math"
	"time"

	"github.com/xsweep/xsweep/output"
)

// limits are what ends a scan, apart from its targets.
type limits struct {
	cooldown   time.Duration
	maxRuntime time.Duration // 0 for none
	maxResults uint64        // 0 for none
}

// statusOf computes what ZMap shows each second. As there, rates of the last second are rounded up for probes and hits.
func statusOf(now, last *moment, l limits) output.Status {
	since := max((now.Elapsed - last.Elapsed).Seconds(), 1e-9)
	total := max(now.Elapsed.Seconds(), 1e-9)
	flow := func(n, before uint64) output.Flow {
		return output.Flow{Total: n, Last: float64(n-min(before, n)) / since, Avg: float64(n) / total}
	}
	s := output.Status{
		Time: now.Began.Add(now.Away + now.Elapsed), Elapsed: now.Elapsed, HitRate: now.HitRate(), SendThreads: now.Senders,
		Sent:        flow(now.Probes, last.Probes),
		RecvSuccess: flow(now.Hits, last.Hits),
		Recv:        flow(now.Answers, last.Answers),
		Drops:       flow(now.drops(), last.drops()),
		SendFail:    flow(now.Losses.SendFailures(), last.Losses.SendFailures()),
	}
	s.Sent.Avg = float64(now.Probes) / max(now.Sending.Seconds(), 1e-9) // over the time of sending
	s.Sent.Last, s.RecvSuccess.Last = math.Ceil(s.Sent.Last), math.Ceil(s.RecvSuccess.Last)
	s.PercentComplete, s.Remaining = progress(now, l)
	return s
}

// progress estimates the end from the pace so far: of the limits, the one that is reached first. The cool-down is part
// of the scan.
func progress(now *moment, l limits) (percent float64, left time.Duration) {
	switch {
	case now.End != "":
		return 100, 0
	case now.Done:
		left = max(0, now.Sending+l.cooldown-now.Elapsed)
	default:
		left = forTheRest(now.Elapsed, now.Probes, now.Planned) + l.cooldown
		if l.maxRuntime > 0 {
			left = min(left, max(0, l.maxRuntime-now.Elapsed)+l.cooldown)
		}
	}
	if l.maxResults > 0 {
		left = min(left, forTheRest(now.Elapsed, now.Rows, l.maxResults)) // without a cool-down
	}
	if left > eternity {
		return 0, 0 // nothing has been done yet to judge by
	}
	return 100 * float64(now.Elapsed) / float64(max(now.Elapsed+left, 1)), left
}

// eternity is longer than any scan, and short enough to add to.
const eternity = math.MaxInt64 / 4

// forTheRest is how long what is left of all will take, if done of it took so long.
func forTheRest(took time.Duration, done, all uint64) time.Duration {
	rest := float64(all-min(done, all)) / float64(done) * float64(took)
	if !(rest < eternity) { // nothing is done, or as good as nothing
		return 2 * eternity
	}
	return time.Duration(rest)
}
