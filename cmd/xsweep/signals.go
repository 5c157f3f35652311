package main

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/scan"
)

// handleSignals turns the first SIGINT or SIGTERM into stop, the second into the end of the context. SIGHUP has the
// blocklist files read again; without any it is what a terminal sends that goes away, and one more SIGTERM. SIGUSR1 and
// SIGUSR2 change the rate. All are caught until the process ends: one more, from somebody impatient, must not cut off what
// is written last.
func handleSignals(parent context.Context, opt *optOut, log *slog.Logger) (ctx context.Context, stop <-chan struct{},
	cancel context.CancelFunc) {
	ctx, cancel = context.WithCancel(parent)
	stopped := make(chan struct{})
	signals := make(chan os.Signal, 2)
	hangups := make(chan os.Signal, 1)
	speed := make(chan os.Signal, 8)
	signal.Notify(signals, unix.SIGINT, unix.SIGTERM)
	signal.Notify(speed, unix.SIGUSR1, unix.SIGUSR2)
	go changeRate(ctx, opt.run, speed, log)
	if opt.isPossible() {
		signal.Notify(hangups, unix.SIGHUP)
		go readOnHangup(ctx, opt, hangups)
	} else if !signal.Ignored(unix.SIGHUP) { // as under nohup
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
	return ctx, stopped, cancel
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

// changedRate is a whole number where five percent are more than one.
func changedRate(rate, factor float64) float64 {
	if rate *= factor; rate > 100 {
		return math.Round(rate)
	}
	return rate
}

// changeRate goes 5 % faster on SIGUSR1 and 5 % slower on SIGUSR2.
func changeRate(ctx context.Context, run *scan.Scan, signals <-chan os.Signal, log *slog.Logger) {
	for {
		select {
		case sig := <-signals:
			factor := 1.05
			if sig == unix.SIGUSR2 {
				factor = 0.95
			}
			if run.Rate() == 0 {
				log.Warn("the rate has no limit to be changed", "signal", sig)
				continue
			}
			run.SetRate(changedRate(run.Rate(), factor))
			log.Info("rate changed", "pps", fmt.Sprintf("%.0f", run.Rate()))
		case <-ctx.Done():
			return
		}
	}
}

// outliveReaders has the scan go on when whoever reads the log goes away, as in a pipe to head or on a terminal that is
// closed: what it writes there is lost, and no row is. A reader of the results that leaves ends the scan by an error of
// writing.
func outliveReaders() { signal.Ignore(unix.SIGPIPE) }
