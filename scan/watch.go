package scan

import (
	"errors"
	"fmt"
	"time"
)

// These end a scan that is not worth going on with. Run wraps them.
var (
	ErrLowHitRate   = errors.New("hit rate too low")
	ErrSendFailures = errors.New("too many send failures")
)

// A watch ends probing when the scan goes wrong in a way that Config has a limit for. The times are ZMap's.
type watch struct {
	cfg  *Config
	last time.Duration // when the scan was looked at before
	low  time.Duration // when the hit rate fell below the limit; 0 while it is not
}

const (
	watchEvery   = time.Second
	hitRateStart = 5 * time.Second // before that, few answers can have come
	hitRateTime  = 5 * time.Second // below the limit, before it counts
)

// check looks at a scan that is probing.
func (w *watch) check(now *Snapshot) (End, error) {
	if failures := now.Losses.SendFailures(); w.cfg.LimitSendFailures && failures > w.cfg.MaxSendFailures {
		return EndSendFailures, fmt.Errorf("%w: %d are more than %d", ErrSendFailures, failures, w.cfg.MaxSendFailures)
	}
	if away := now.Elapsed - w.last - 2*watchEvery; away > 0 && w.low != 0 {
		w.low += away // the process was stopped, or the machine: nobody could have answered
	}
	w.last = now.Elapsed
	switch {
	case now.Elapsed <= hitRateStart || now.HitRate() >= w.cfg.MinHitRate:
		w.low = 0
	case w.low == 0:
		w.low = now.Elapsed
	case now.Elapsed-w.low >= hitRateTime:
		return EndLowHitRate, fmt.Errorf("%w: below %v%% for %.0f seconds", ErrLowHitRate, w.cfg.MinHitRate,
			(now.Elapsed - w.low).Seconds())
	}
	return "", nil
}

// ticks come while there is something to watch.
func (w *watch) ticks() (c <-chan time.Time, stop func()) {
	if w.cfg.MinHitRate <= 0 && !w.cfg.LimitSendFailures {
		return nil, func() {}
	}
	t := time.NewTicker(watchEvery)
	return t.C, t.Stop
}
