package scan

import (
	"sync"
	"time"
)

// A unit is a range of positions in the order of targets, from..to-1, of which each target is to get one probe, or with
// several passes its probe of this pass.
type unit struct {
	from, to uint64
	pass     int // 0 for the first
}

// work hands out the positions of a shard to its senders, one unit after the other. So the parts of a scan that are done
// are the same however many senders there are and however fast each of them is, and none is left with much to do when
// the others have ended. Senders come for a unit some hundred times a second at most.
//
// Units come back when their last probe has been made (done), and two things depend on that. With a limit on targets,
// the positions handed out are first as many as there may be targets, and then as many more as some of those held no
// target: the targets are exactly the first ones of the shard. With several passes, a unit comes back out as one of the
// next pass when the interval is over.
type work struct {
	mu       sync.Mutex
	size     uint64        // positions of a unit
	next     uint64        // first position not handed out
	end      uint64        // where to stop for the moment
	last     uint64        // where the shard ends
	passes   int           // probes per target that are not sent back to back
	interval time.Duration // from pass to pass

	pending int    // units that are out
	missing uint64 // positions that came back without a target, while there is a limit
	later   []delayed
}

// delayed is a unit that is not due before a certain time; later ones are not due before earlier ones.
type delayed struct {
	unit
	due time.Duration
}

// newWork hands out from..to-1. limit is the number of targets to stop after; 0 is no limit.
func newWork(from, to, limit uint64) *work {
	w := &work{next: from, end: to, last: to, passes: 1}
	if limit > 0 && limit < to-from {
		w.end = from + limit
	}
	w.size = unitSize(to - from)
	return w
}

// A unit costs some microseconds to begin with, and should not be a large part of a small scan.
const (
	leastUnit = 1 << 8
	mostUnit  = 1 << 14
	unitShare = 64 // units that a small scan has at least
)

func unitSize(positions uint64) uint64 {
	return min(max(positions/unitShare, leastUnit), mostUnit)
}

// unitTime is how much sending time there is in a unit at most when passes are to be an interval apart: its first
// target waits longer than its last one by as much.
const unitTime = 50 * time.Millisecond

// repeat has every unit come back passes-1 times, interval after it was done. rate is that of one sender, 0 for no limit.
func (w *work) repeat(passes int, interval time.Duration, rate float64) {
	w.passes, w.interval = passes, interval
	if passes > 1 && rate > 0 {
		w.size = min(max(uint64(rate*unitTime.Seconds()), 1), w.size)
	}
}

// pollWork is how long to wait for what depends on other senders.
const pollWork = time.Millisecond

// claim returns the next unit, if there is one now. If not, wait is how long until it is worth asking again, and 0 means
// that there will be no more.
func (w *work) claim(now time.Duration) (u unit, ok bool, wait time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.later) > 0 && w.later[0].due <= now {
		u = w.later[0].unit
		w.later = w.later[1:]
		w.pending++
		return u, true, 0
	}
	w.extend()
	if w.next < w.end {
		u = unit{from: w.next, to: min(w.next+w.size, w.end)}
		w.next = u.to
		w.pending++
		return u, true, 0
	}
	switch {
	case len(w.later) > 0:
		return unit{}, false, w.later[0].due - now
	case w.pending > 0 && (w.passes > 1 || w.end < w.last):
		return unit{}, false, pollWork
	}
	return unit{}, false, 0
}

// extend moves the end on by what is missing at the limit, once it is known.
func (w *work) extend() {
	if w.next == w.end && w.pending == 0 && w.missing > 0 {
		w.end = min(w.end+w.missing, w.last)
		w.missing = 0
	}
}

// miss takes back targets of the first pass that were thought to get their probes, also after their unit was done.
func (w *work) miss(targets uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.end < w.last {
		w.missing += targets
	}
}

// done takes back a unit, of which so many targets got their probes.
func (w *work) done(u unit, targets uint64, now time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pending--
	if u.pass == 0 && w.end < w.last {
		w.missing += u.to - u.from - targets
	}
	if u.pass+1 < w.passes {
		w.later = append(w.later, delayed{unit{u.from, u.to, u.pass + 1}, now + w.interval})
	}
}
