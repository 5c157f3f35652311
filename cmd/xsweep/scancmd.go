package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/xsweep/xsweep/output"
	"github.com/xsweep/xsweep/scan"
)

// scanCommand is what `xsweep` without a subcommand does.
func scanCommand(cmd *cobra.Command, o *options, args []string) error {
	s, err := o.understand(cmd)
	if err != nil {
		return err
	}
	log := newLogger(cmd.ErrOrStderr(), o.verbosity)
	s.targets, err = readTargets(cmd, &o.targetOptions, args, log)
	if err != nil {
		return err
	}
	s.targets.configure(&s.scan, s.ports)
	total, err := s.scan.NumTargets()
	if err != nil {
		return err
	}
	s.scan.MaxTargets = o.maxTargets.of(total)
	if o.dryRun || o.fastDryRun {
		return dryRun(cmd.OutOrStdout(), o, s, log)
	}
	if o.ipLayer {
		return usagef(cmd, "--iplayer goes with --dryrun only so far: sending without an Ethernet header is not supported yet")
	}
	if err := s.targets.permit(o.noBlocklist); err != nil {
		return err
	}
	s.scan.Logger = log
	s.targets.log(log)
	return realScan(cmd, o, s, log)
}

// realScan opens everything, in an order that leaves old results alone until nothing else can fail, and runs the scan.
func realScan(cmd *cobra.Command, o *options, s *settings, log *slog.Logger) (err error) {
	ctx := cmd.Context()
	if err := findWay(ctx, o, s, log); err != nil {
		return err
	}
	run, err := scan.Open(s.scan)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, run.Close()) }()
	sink, err := output.Create(o.outputFile)
	if err != nil {
		return &outputError{err}
	}
	defer func() { err = errors.Join(err, sink.Close()) }()
	out, err := output.NewWriter(sink, s.output)
	if err != nil {
		return err
	}
	if !s.isDefault {
		log.Info("every answer is written, RSTs, ICMP errors and repeats included, as ZMap does with -O or -f")
	}
	log.Info(run.Describe())
	log.Info("scan begins", "scan-id", run.ID(), "shard", shardText(&s.scan), "targets", run.Targets(), "rate", rateText(o),
		"seed", s.scan.Seed)
	admitThreads(run.Threads())
	opt := &optOut{run: run, files: o.blocklistFiles, ignoreErrors: o.ignoreErrors, blocked: s.targets.blocked,
		excluded: s.scan.Exclude, log: log}
	end, err := supervise(ctx, run, opt, out, cmd.ErrOrStderr(), o.quiet, log)
	report(log, end)
	return ignoreClosedPipe(finish(out, err))
}

// finish closes the writer and marks what is its error, whether it ended the scan or comes only now.
func finish(out *output.Writer, err error) error {
	if failed := out.Close(); failed != nil && (err == nil || errors.Is(err, failed)) {
		return &outputError{failed}
	}
	return err
}

// admitThreads has Go run the threads of the scan beside its own: with as many as there are cores, a sender or receiver
// that comes back from a system call would wait for another's turn to end, for up to 10 ms.
func admitThreads(n int) {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(max(runtime.GOMAXPROCS(0), n+2))
	}
}

func shardText(cfg *scan.Config) string { return fmt.Sprintf("%d/%d", cfg.Shard, cfg.Shards) }

func rateText(o *options) string {
	if o.rate == 0 {
		return "without limit"
	}
	return o.rate.String() + " pps"
}

// supervise runs the scan with a status line a second and with Ctrl-C: once to stop sending and listen for the rest,
// twice to leave at once.
func supervise(ctx context.Context, run *scan.Scan, opt *optOut, out *output.Writer, stderr io.Writer, quiet bool,
	log *slog.Logger) (scan.Snapshot, error) {
	ctx, stop, release := handleSignals(ctx, opt, log)
	defer release()
	finished := make(chan struct{})
	shown := make(chan struct{})
	go func() {
		defer close(shown)
		if !quiet {
			showStatus(stderr, run, finished)
		}
	}()
	end, err := run.Run(ctx, out, stop)
	close(finished)
	<-shown
	if errors.Is(err, context.Canceled) {
		err = errInterrupted
	}
	return end, err
}

var errInterrupted = errors.New("interrupted a second time: answers that were still on their way are not recorded")

// report is the summary: what was done, what was found, and every kind of loss that occurred.
func report(log *slog.Logger, s scan.Snapshot) {
	log.Info("scan ended: "+string(s.End),
		"probes", s.Probes, "hits", s.Hits, "hitrate", fmt.Sprintf("%.2f%%", hitRate(s)),
		"closed", s.Closed, "icmp", s.ICMP, "repeats", s.Repeats, "rows", s.Rows,
		"pps", sendRate(s))
	log.Debug("counters", "answers", s.Answers, "steer", fmt.Sprintf("%+v", s.Steer), "sockets", fmt.Sprintf("%+v", s.Socket))
	l := s.Losses
	for _, loss := range []struct {
		what  string
		count uint64
	}{
		{"probes or RSTs dropped by the kernel", l.SendDropped},
		{"frames refused by the kernel", l.SendInvalid},
		{"probes or RSTs never sent: still in the transmit ring at the end", l.Unsent},
		{"answers lost: receive ring full", l.RingFull},
		{"answers lost: no free frame", l.NoFrame},
		{"answers lost: queue without a socket", l.NoSocket},
		{"answers lost: output failed", l.Unwritten},
		{"connections not reset: no room", l.ResetsLost},
	} {
		if loss.count > 0 {
			log.Warn(loss.what, "count", loss.count)
		}
	}
	if s.Excluded > 0 {
		log.Info("targets left out while the scan ran: excluded since, or not there", "count", s.Excluded)
	}
	if s.Steer.Forged > 0 {
		log.Info("forged or stray answers kept out", "count", s.Steer.Forged)
	}
}
