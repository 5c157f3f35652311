package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"os/signal"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/scan"
)

// handleSignals turns the first SIGINT or SIGTERM into stop, the second into the end of the context. SIGHUP has the
// blocklist files read again; without any it is what a terminal sends that goes away, and one more SIGTERM. SIGUSR1 and
// SIGUSR2 change the rate. All are caught until the process ends: one more, from somebody impatient, must not cut off what
// is written last, unless that takes so long that it may never end.
func handleSignals(parent context.Context, opt *optOut, busy *writing, log *slog.Logger) (ctx context.Context,
	stop <-chan struct{}, cancel context.CancelFunc) {
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
	go heedInterruptions(signals, stopped, cancel, busy, log)
	return ctx, stopped, cancel
}

// heedInterruptions does what signals mean that are to end a scan, until the process ends.
func heedInterruptions(signals <-chan os.Signal, stopped chan<- struct{}, cancel context.CancelFunc, busy *writing, log *slog.Logger) {
	var so interruptions
	for range signals {
		switch now := time.Now(); so.next(now) {
		case stopProbing:
			close(stopped)
			if busy.hasEnded() {
				inTime(func() { log.Info(fmt.Sprintf("interrupted: the scan has ended, and %s is being written", busy)) })
			} else {
				inTime(func() { log.Info("interrupted: no more probes; waiting for answers (once more to leave at once)") })
			}
		case leave:
			cancel()
		case tooEarly:
			inTime(func() { log.Warn(so.refusal(now, busy.String())) })
		case giveUp:
			busy.giveUp(fmt.Errorf("interrupted while %s was being written: the last of it may be missing", busy))
		}
	}
}

// inTime has something written, and does not wait for ever: it may be the reader of the log who does not read.
func inTime(write func()) {
	written := make(chan struct{})
	go func() {
		write()
		close(written)
	}()
	select {
	case <-written:
	case <-time.After(time.Second):
	}
}

// giveUp is how a process ends whose main goroutine may never return: with a line on standard error and in the logs.
func (o *options) giveUp(stderr io.Writer) func(error) {
	return func(err error) {
		inTime(func() {
			fmt.Fprintln(stderr, "xsweep:", err)
			o.logs.close(err)
		})
		os.Exit(exitFailed)
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
