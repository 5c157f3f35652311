package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

// handleSignals turns the first SIGINT or SIGTERM into stop, the second into the end of the context. SIGHUP has the
// blocklist files read again; without any it is what a terminal sends that goes away, and one more SIGTERM. release
// gives the signals back.
func handleSignals(parent context.Context, opt *optOut, log *slog.Logger) (_ context.Context, stop <-chan struct{},
	release func()) {
	ctx, cancel := context.WithCancel(parent)
	stopped := make(chan struct{})
	signals := make(chan os.Signal, 2)
	hangups := make(chan os.Signal, 1)
	signal.Notify(signals, unix.SIGINT, unix.SIGTERM)
	if opt.isPossible() {
		signal.Notify(hangups, unix.SIGHUP)
		go readOnHangup(ctx, opt, hangups)
	} else {
		signal.Notify(signals, unix.SIGHUP)
	}
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
		signal.Stop(hangups)
		cancel()
	}
}

func readOnHangup(ctx context.Context, opt *optOut, hangups <-chan os.Signal) {
	for {
		select {
		case <-hangups:
			opt.read(ctx)
		case <-ctx.Done():
			return
		}
	}
}
