package scan

import (
	"math"
	"sync"
	"time"
)

// A history holds the progress of some moments past. What was done at one of them, and whose answers have had their time
// since, is what a checkpoint can count on.
type history struct {
	mu      sync.Mutex
	moments []pastProgress // by time; there is always one
}

type pastProgress struct {
	at time.Duration
	Progress
}

// historySize is twice as many moments as there are looks within the time that answers are given.
const historySize = 32

// newHistory begins with what was done before.
func newHistory(p Progress) *history {
	return &history{moments: []pastProgress{{at: math.MinInt64, Progress: p}}}
}

// add notes the progress of a moment later than all others. Where there is no room, because the earlier ones cannot be
// counted on yet, it is passed over.
func (h *history) add(at time.Duration, p Progress) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.moments) < historySize {
		h.moments = append(h.moments, pastProgress{at, p})
	}
}

// at is the newest progress that is not of later than until, or the oldest. Those before it are forgotten.
func (h *history) at(until time.Duration) Progress {
	h.mu.Lock()
	defer h.mu.Unlock()
	for len(h.moments) > 1 && h.moments[1].at <= until {
		h.moments = h.moments[1:]
	}
	return h.moments[0].Progress
}
