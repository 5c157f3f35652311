package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/xsweep/xsweep/output"
	"github.com/xsweep/xsweep/scan"
)

// scanCommand is what `xsweep` without a subcommand does.
func scanCommand(cmd *cobra.Command, o *options, args []string) error {
	if o.dryRun || o.fastDryRun {
		return prepareScan(cmd, o, args, nil)
	}
	opening := open(cmd.Context(), cmd.ErrOrStderr())
	cmd.SetContext(opening.ctx)
	err := prepareScan(cmd, o, args, opening)
	if interrupted := opening.end(); interrupted != nil {
		return interrupted // whatever it was that failed for it
	}
	return err
}

// prepareScan understands what is to be done, and does it.
func prepareScan(cmd *cobra.Command, o *options, args []string, opening *opening) error {
	s, err := o.understand(cmd)
	if err != nil {
		return mistyped(cmd, o, args, err)
	}
	if err := o.checkCheckpoint(cmd, s); err != nil {
		return err
	}
	log, err := o.openLog(cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	s.probe.warn(o.fields, log)
	s.same = o.newSameness()
	if err := s.same.ports(s.ports); err != nil {
		return err
	}
	s.targets, err = readTargets(cmd, &o.targetOptions, args, log, s.same)
	if err != nil {
		return err
	}
	s.targets.configure(&s.scan, s.ports)
	if err := o.limit(&s.scan); err != nil {
		return err
	}
	if o.dryRun || o.fastDryRun {
		o.confineDryRun(log)
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
	return realScan(cmd, o, s, args, opening, log)
}

// realScan opens everything, in an order that leaves old results alone until nothing else can fail, and runs the scan.
func realScan(cmd *cobra.Command, o *options, s *settings, args []string, opening *opening, log *slog.Logger) (err error) {
	ctx := cmd.Context()
	outliveReaders()
	if err := s.output.checkMetadata(); err != nil {
		return err
	}
	keep, err := o.openKeeper(s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, keep.close()) }()
	if err := keep.checkLimits(cmd, &s.scan); err != nil {
		return err
	}
	if err := findWay(ctx, o, s, log); err != nil {
		return lacking(err)
	}
	if err := checkOpenFiles(s); err != nil {
		return err
	}
	keep.exclude(s)
	keep.configure(&s.scan)
	run, err := scan.Open(s.scan)
	if err != nil {
		return lacking(err)
	}
	defer func() { err = errors.Join(err, run.Close()) }()
	if err := keep.check(run); err != nil {
		return err
	}
	if err := opening.interrupted(); err != nil {
		return err
	}
	status, err := s.output.openStatus(o.resumed != nil)
	if err != nil {
		return err
	}
	watcher := newMonitor(cmd.ErrOrStderr(), o.quiet, run, s, status, log)
	out, err := s.openRows(run, keep, log)
	if err != nil {
		return errors.Join(err, watcher.close())
	}
	if err := keep.begin(o, s, args, run, out, log); err != nil {
		return errors.Join(err, out.Close(), watcher.close())
	}
	meta := describe(cmd, o, s, args, run)
	defer meta.close()
	opt := newOptOut(o, s, run, keep, log)
	fenced := o.confine(s, run, opt, log)
	keep.confined(fenced)
	busy := &writing{giveUp: o.giveUp(cmd.ErrOrStderr())}
	ctx, stop, cancel := handleSignals(ctx, opt, busy, log)
	defer cancel()
	if err := opening.end(); err != nil { // from here on a signal stops the scan
		return errors.Join(err, out.Close(), watcher.close())
	}
	s.output.log(log)
	log.Info(run.Describe())
	log.Info(keep.log(log), "scan-id", run.ID(), "shard", shardText(&s.scan), "targets", run.Targets(), "rate", rateText(o),
		"seed", s.scan.Seed)
	admitThreads(run.Threads())
	err = supervise(ctx, watcher, stop, out)
	busy.now("the output")
	err = finish(out, err)
	watcher.last.settle(out.Written())
	busy.now("the log")
	report(log, &watcher.last)
	busy.now("the status updates file")
	err = errors.Join(err, watcher.close())
	busy.now("the metadata file")
	return behindFence(fenced, meta.write(&watcher.last, run.Rate(), err, log))
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

// supervise runs the scan under a monitor and with Ctrl-C: once to stop sending and listen for the rest, twice to leave
// at once.
func supervise(ctx context.Context, watcher *monitor, stop <-chan struct{}, out *output.Group) error {
	finished := make(chan struct{})
	shown := make(chan struct{})
	go func() {
		defer close(shown)
		watcher.watch(finished)
	}()
	_, err := watcher.run.Run(ctx, out, stop) // the monitor has the counters
	close(finished)
	<-shown
	if errors.Is(err, context.Canceled) {
		err = errInterrupted
	}
	return err
}

var errInterrupted = errors.New("interrupted a second time: answers that were still on their way are not recorded")

// settle has the rows be those that are in the files, when these are closed. Others, which were accepted and then found no
// place, are answers that the output lost.
func (m *moment) settle(written uint64) {
	lost := m.Rows - min(written, m.Rows)
	m.Rows -= lost
	m.Losses.Unwritten += lost
}

// report is the summary: what was done, what was found, and every kind of loss that occurred.
func report(log *slog.Logger, s *moment) {
	log.Info("scan ended: "+string(s.End),
		"probes", s.Probes, "hits", s.Hits, "hitrate", fmt.Sprintf("%.2f%%", s.HitRate()),
		"closed", s.Closed, "icmp", s.ICMP, "repeats", s.Repeats, "rows", s.Rows,
		"pps", siRate(float64(s.Probes)/max(s.Sending.Seconds(), 1e-9)))
	if n := s.unprobed(); n > 0 {
		log.Info("targets not probed: the scan ended before", "count", n, "of", s.Targets)
	}
	log.Debug("counters", "answers", s.Answers, "steer", fmt.Sprintf("%+v", s.Steer), "sockets", fmt.Sprintf("%+v", s.Socket))
	l := s.Losses
	if s.End == scan.EndReaderLeft {
		l.Unwritten = 0 // nobody wanted them
	}
	for _, loss := range []struct {
		what  string
		count uint64
	}{
		{"probes or RSTs dropped by the kernel", l.SendDropped},
		{"frames refused by the kernel", l.SendInvalid},
		{"probes or RSTs never sent: still in the transmit ring at the end", l.Unsent},
		{"answers lost: receive ring full", l.RingFull},
		{"answers lost: fill ring empty", l.NoFrame},
		{"answers lost: longer than a frame has room for", l.TooLong},
		{"answers lost: queue without a socket", l.NoSocket},
		{"answers lost: redirect to the socket failed", l.Redirect},
		{"answers lost: no room for a copy of what the stack got", l.Uncopied},
		{"answers lost: not well formed after all", l.Unparsed},
		{"answers refused: right cookie, but no target of this scan", l.Invalid},
		{"answers found that could not be written", l.Unwritten},
		{"connections not reset: no room", l.ResetsLost},
		{"frames lost by the network device: no room", s.DeviceDrops},
	} {
		if loss.count > 0 {
			log.Warn(loss.what, "count", loss.count)
		}
	}
	if s.Window > 0 {
		log.Info("not all answers fit in memory: repeats were told by the last ones, as with --dedup-method window", "answers", s.Window)
	}
	if s.Paused > 0 {
		log.Info("sending was paused: no room for results", "seconds", fmt.Sprintf("%.1f", s.Paused.Seconds()))
	}
	if l.SentAgain > 0 {
		log.Info("frames that the device had no room for, sent again later", "count", l.SentAgain)
	}
	if l.ResetsWithheld > 0 {
		log.Info("repeated SYN-ACKs not reset again: too many from one address", "count", l.ResetsWithheld)
	}
	if s.Excluded > 0 {
		log.Info("targets left out while the scan ran: excluded since, or not there", "count", s.Excluded)
	}
	if s.Steer.Forged > 0 {
		log.Info("forged or stray answers kept out", "count", s.Steer.Forged)
	}
}
