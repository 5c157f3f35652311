package scan

import (
	"time"

	"golang.org/x/sys/unix"
)

// A clock counts from its start and never goes backwards, whatever happens to the time of day.
type clock struct{ start time.Time }

func newClock() clock { return clock{start: time.Now()} }

func (c clock) now() time.Duration { return time.Since(c.start) }

// sleep blocks the thread itself: for a goroutine that is locked to its thread time.Sleep would hand the work to
// another thread and back, at several times the cost. It may return early.
func sleep(d time.Duration) {
	if d > 0 {
		t := unix.NsecToTimespec(int64(d))
		_ = unix.Nanosleep(&t, nil) // interrupted is as good as early
	}
}

// preciseSleep has the kernel wake the calling thread when it asked to be woken, not up to 50 µs later
// (PR_SET_TIMERSLACK, prctl(2)).
func preciseSleep() {
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0) // without it sleeps are longer, and the limiter copes
}
