package scan

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// lateContext does something when it is asked whether it is done for the second time: supervise has seen the end of probing
// then, and its cool-down is over, if there is none.
type lateContext struct {
	context.Context
	asked int
	do    func()
}

func (c *lateContext) Done() <-chan struct{} {
	if c.asked++; c.asked == 2 {
		time.Sleep(time.Millisecond)
		c.do()
	}
	return c.Context.Done()
}

// TestErrorsBeatTheEnd: a sender that could not go on, or a device that went, is what a scan ends with, though its cool-down is
// over at the same time.
func TestErrorsBeatTheEnd(t *testing.T) {
	for range 30 { // which of two that are ready is taken is chance
		for _, want := range []error{unix.EPERM, ErrGone} {
			s := &Scan{cfg: Config{NoBackoff: true, Logger: slog.New(slog.DiscardHandler)}, collector: new(collector), clock: newClock(),
				broken: make(chan error, 1), device: device{lost: make(chan error, 1)}}
			ctx := &lateContext{Context: context.Background(), do: func() {
				if errors.Is(want, ErrGone) {
					s.device.lost <- want
				} else {
					s.broken <- want
				}
			}}
			var probing sync.WaitGroup
			if end, err := s.supervise(ctx, nil, &probing); end != EndFailed || !errors.Is(err, want) {
				t.Fatalf("the scan ended because %q, %v; want %v", end, err, want)
			}
		}
	}
}

// TestRuntimeCountsEarlierSessions: the longest time to send is that of all sessions together.
func TestRuntimeCountsEarlierSessions(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	before := &State{Counters: Snapshot{Sending: time.Hour}}
	s := &Scan{cfg: Config{NoBackoff: true, Logger: slog.New(slog.DiscardHandler), MaxRuntime: time.Hour + time.Millisecond, Resume: before},
		collector: new(collector), clock: newClock(), broken: make(chan error, 1), device: device{lost: make(chan error, 1)}}
	var probing sync.WaitGroup
	probing.Go(func() {
		for !s.phase.stopProbing.Load() && ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
	})
	if end, err := s.supervise(ctx, nil, &probing); end != EndMaxRuntime || err != nil {
		t.Errorf("a scan of an hour and a millisecond that had an hour ended because %q, %v", end, err)
	}
}
