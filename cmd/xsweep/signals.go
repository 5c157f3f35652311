package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

// handleSignals turns the first SIGINT or SIGTERM into stop, the second into the end of the context. release gives the
// signals back.
func handleSignals(parent context.Context, log *slog.Logger) (_ context.Context, stop <-chan struct{}, release func()) {
	ctx, cancel := context.WithCancel(parent)
	stopped := make(chan struct{})
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, unix.SIGINT, unix.SIGTERM)
	go func() {
		select {
		case <-signals:
		case <-ctx.Done():
			return
		}
		log.Info("interrupted: no more probes; waiting for answers (once more to leave at once)")
		close(stopped)
		select {
		case <-signals:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, stopped, func() {
		signal.Stop(signals)
		cancel()
	}
}
