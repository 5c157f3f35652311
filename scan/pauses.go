package scan

import (
	"log/slog"
	"sync"
	"time"
)

// pauses are the times in which senders wait for the device. All of them together make one line in the log when the first
// one begins to wait, and one when the last one goes on.
type pauses struct {
	mu      sync.Mutex
	waiting int // senders
	since   time.Duration
}

func (p *pauses) begin(log *slog.Logger, err error, now time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting++; p.waiting == 1 {
		p.since = now
		log.Warn("sending is paused, targets wait", "error", err)
	}
}

func (p *pauses) end(log *slog.Logger, now time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting--; p.waiting == 0 {
		log.Info("sending goes on", "after", (now - p.since).Round(time.Millisecond))
	}
}
