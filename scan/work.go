package scan

import (
	"slices"
	"sync"
	"time"
)

// A unit is a range of positions in the order of targets, from..to-1, of which each target is to get one probe, or with
// several passes its probe of this pass.
type unit struct {
	from, to uint64
	pass     int // 0 for the first
}

// tally is what became of the targets of a unit.
type tally struct{ probed, excluded uint64 }

// work hands out the positions of a shard to its senders, one unit after the other. So the parts of a scan that are done
// are the same however many senders there are and however fast each of them is, and none is left with much to do when
// the others have ended. Senders come for a unit some hundred times a second at most.
//
// Units come back when their last probe has left (done), and three things depend on that. With a limit on targets, the
// positions handed out are first as many as there may be targets, and then as many more as some of those held no target:
// the targets are exactly the first ones of the shard. With several passes, a unit comes back out as one of the next pass
// when the interval is over. And units that are out when a scan is cut off are what has to be probed again.
type work struct {
	mu       sync.Mutex
	size     uint64        // positions of a unit
	next     uint64        // first position not handed out
	end      uint64        // where to stop for the moment
	last     uint64        // where the shard ends
	limit    uint64        // targets to stop after; 0 for none
	passes   int           // probes per target that are not sent back to back
	interval time.Duration // from pass to pass

	out     []unit // handed out, and not back
	missing uint64 // positions that came back without a target, while there is a limit
	later   []delayed
	total   tally // of units that are back from their first pass
}

// delayed is a unit that is not due before a certain time; later ones are not due before earlier ones.
type delayed struct {
	unit
	due time.Duration
}

// newWork hands out from..to-1. limit is the number of targets to stop after; 0 is no limit. rate is that of one sender,
// 0 for no limit.
func newWork(from, to, limit uint64, rate float64) *work {
	w := &work{next: from, end: to, last: to, limit: limit, passes: 1}
	if limit > 0 && limit < to-from {
		w.end = from + limit
	}
	w.size = unitSize(to-from, rate)
	return w
}

const (
	// A unit costs some microseconds to begin with, and should not be a large part of a small scan.
	leastUnit = 1 << 8
	mostUnit  = 1 << 14
	unitShare = 64 // units that a small scan has at least

	// unitTime is how much sending time there is in a unit at most: its first target waits longer for another pass than
	// its last one by as much, and as much is probed again of a unit that a scan is cut off in.
	unitTime = 50 * time.Millisecond
)

func unitSize(positions uint64, rate float64) uint64 {
	size := min(max(positions/unitShare, leastUnit), mostUnit)
	if rate > 0 && rate*unitTime.Seconds() < float64(size) {
		size = max(uint64(rate*unitTime.Seconds()), 1)
	}
	return size
}

// repeat has every unit come back passes-1 times, interval after it was done.
func (w *work) repeat(passes int, interval time.Duration) { w.passes, w.interval = passes, interval }

// pollWork is how long to wait for what depends on other senders, or on what the caller has not sent yet.
const pollWork = time.Millisecond

// claim returns the next unit, if there is one now. If not, wait is how long until it is worth asking again, and 0 means
// that there will be no more.
func (w *work) claim(now time.Duration) (u unit, ok bool, wait time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if u, ok = w.claimDelayed(now); ok {
		return u, true, 0
	}
	w.extend()
	if w.next < w.end {
		u = unit{from: w.next, to: min(w.next+w.size, w.end)}
		w.next = u.to
		w.out = append(w.out, u)
		return u, true, 0
	}
	switch {
	case len(w.later) > 0:
		return unit{}, false, w.later[0].due - now
	case len(w.out) > 0 && (w.passes > 1 || w.end < w.last):
		return unit{}, false, pollWork
	}
	return unit{}, false, 0
}

// claimDelayed returns the first of the delayed units that is due, or the beginning of one that is larger than it should
// be now: the scan it is from was faster.
func (w *work) claimDelayed(now time.Duration) (u unit, ok bool) {
	if len(w.later) == 0 || w.later[0].due > now {
		return unit{}, false
	}
	u = w.later[0].unit
	if u.to-u.from > w.size {
		u.to = u.from + w.size
		w.later[0].from = u.to
	} else {
		w.later = w.later[1:]
	}
	w.out = append(w.out, u)
	return u, true
}

// extend moves the end on by what is missing at the limit, once it is known.
func (w *work) extend() {
	if w.next == w.end && len(w.out) == 0 && w.missing > 0 {
		w.end = min(w.end+w.missing, w.last)
		w.missing = 0
	}
}

// done takes back a unit whose probes have left, and what became of its targets.
func (w *work) done(u unit, t tally, now time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if i := slices.Index(w.out, u); i >= 0 {
		w.out = slices.Delete(w.out, i, i+1)
	}
	if u.pass == 0 {
		w.total.probed += t.probed
		w.total.excluded += t.excluded
		if w.end < w.last {
			w.missing += u.to - u.from - t.probed
		}
	}
	if u.pass+1 < w.passes {
		w.later = append(w.later, delayed{unit{u.from, u.to, u.pass + 1}, now + w.interval})
	}
}
