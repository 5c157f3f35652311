package scan

import "time"

// A limiter paces one sender: it says how many probes are due. It keeps to a timetable, probe k at start + k/rate, so
// that a sleep that took too long costs nothing on average; but it does not catch up in a burst. Both are counted:
//
//	owed    what the timetable has due and is not sent; more than maxDebt is worth is forgotten
//	credit  a token bucket that fills a quarter faster than the rate and holds what maxBurst is worth
//
// After a minute of SIGSTOP the scan goes on at its rate, a quarter above it for a second, and not at that of the
// device.
type limiter struct {
	rate     float64 // probes per second; 0 means no limit
	interval float64 // nanoseconds per probe; 0 means no limit
	owed     float64 // probes, a fraction below one included
	credit   float64
	last     time.Duration // when both were brought up to date
}

const (
	catchUp  = 1.25
	maxDebt  = 250 * time.Millisecond
	maxBurst = 10 * time.Millisecond  // longer than a busy machine takes to wake a thread, as a rule
	tick     = 500 * time.Microsecond // probes are sent in groups this far apart, or one by one where they are rarer
)

// newLimiter makes a timetable of rate probes per second; rate 0 means no limit. It begins at time 0 or at startAt.
// Times are on a clock of the caller's choice that does not go backwards.
func newLimiter(rate float64) limiter {
	if rate <= 0 {
		return limiter{}
	}
	return limiter{rate: rate, interval: float64(time.Second) / rate, owed: 1, credit: 1} // the first probe goes out at once
}

func (l limiter) startAt(now time.Duration) limiter {
	l.last = now
	return l
}

// setRate changes the rate from now on. What was owed until then stays owed.
func (l *limiter) setRate(rate float64, now time.Duration) {
	if rate == l.rate {
		return
	}
	fresh := newLimiter(rate)
	if l.rate > 0 {
		l.due(now, 0)
		fresh.owed, fresh.credit = l.owed, l.credit
	}
	*l = fresh.startAt(now)
}

// due is how many probes may be sent now, at most limit.
func (l *limiter) due(now time.Duration, limit int) int {
	if l.interval == 0 {
		return limit
	}
	worth := float64(now-l.last) / l.interval
	l.last = now
	l.owed = min(l.owed+worth, max(float64(maxDebt)/l.interval, 1))
	l.credit = min(l.credit+catchUp*worth, max(float64(maxBurst)/l.interval, 1))
	return int(min(l.owed, l.credit, float64(limit))) // which is never too much for an int
}

// sent takes n probes off what is due.
func (l *limiter) sent(n int) {
	if l.interval != 0 {
		l.owed -= float64(n)
		l.credit -= float64(n)
	}
}

// wait is how long to sleep until the next probes are due: a tick, or longer where even one takes longer.
func (l *limiter) wait() time.Duration {
	return max(tick, time.Duration((1-l.owed)*l.interval))
}
