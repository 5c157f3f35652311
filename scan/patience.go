package scan

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/xsweep/xsweep/output"
)

// retryEvery is how often an output that found its disk full is asked again.
const retryEvery = 500 * time.Millisecond

// awaitRoom deals with an error of the output that may pass, output.ErrFull: no more probes are sent meanwhile, and
// answers wait, first in the queue of batches, then in the receive rings, which count what they cannot hold. It tries
// again until that works, which is nil, or fails in another way, or until Config.OutputPatience or the scan is over.
// Then it returns the error that there was.
func (c *collector) awaitRoom(err error, again func() error) error {
	if !errors.Is(err, output.ErrFull) || c.patience <= 0 {
		return err
	}
	c.pause.begin()
	defer c.pause.end()
	c.log.Warn("sending is paused and answers wait: make room for results", "error", err, "patience", c.patience)
	retry := time.NewTicker(retryEvery)
	defer retry.Stop()
	enough := time.NewTimer(c.patience)
	defer enough.Stop()
	for errors.Is(err, output.ErrFull) {
		select {
		case <-retry.C:
			err = again()
		case <-enough.C:
			c.log.Warn("still no room for results: the scan ends", "waited", c.patience)
			return err
		case <-c.abort:
			return err
		}
	}
	if err == nil {
		c.log.Info("sending goes on: there is room for results", "paused", c.pause.total().Round(time.Millisecond))
	}
	return err
}

// A pause is time that senders spend waiting for the output. One goroutine begins and ends it; all may look.
type pause struct {
	clock clock
	since atomic.Int64 // when it began: nanoseconds on the clock + 1, 0 for not now
	ended atomic.Int64 // nanoseconds of those before
}

func (p *pause) begin() { p.since.Store(int64(p.clock.now()) + 1) }

func (p *pause) end() {
	took := p.total()
	p.since.Store(0)
	p.ended.Store(int64(took))
}

// isOn is what senders ask before each batch.
func (p *pause) isOn() bool { return p.since.Load() != 0 }

// total is how long it was in all, up to now.
func (p *pause) total() time.Duration {
	sum := time.Duration(p.ended.Load())
	if since := p.since.Load(); since != 0 {
		sum += p.clock.now() - time.Duration(since-1)
	}
	return sum
}
