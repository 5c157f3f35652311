package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/xsweep/xsweep/blocklist"
	"github.com/xsweep/xsweep/internal/checkpoint"
	"github.com/xsweep/xsweep/output"
	"github.com/xsweep/xsweep/scan"
)

// A keeper puts together what a checkpoint consists of: what the scan says, how far its output and its memory of answers
// are written, and what it takes to begin again with the same targets. It is a scan.Keeper; a nil keeper keeps nothing.
type keeper struct {
	path    string
	before  *checkpoint.File // nil for a new scan
	state   scan.State       // of before
	journal *checkpoint.Journal
	out     *output.Group
	device  *deviceDrops

	complete bool
	fenced   bool // see behindFence

	next  checkpoint.File // all of it but for what changes
	marks []output.Mark   // by the last Mark
	seen  checkpoint.Mark // likewise

	mu       sync.Mutex
	optedOut *blocklist.Set // nil for none
	packed   *blocklist.Set // of which next.OptedOut is made
}

// counters are what a checkpoint has in numbers.
type counters struct {
	scan.Snapshot
	DeviceDrops uint64
}

// endWithin is how long a process that was killed may take to end: some hundred milliseconds, with a lot of memory.
const endWithin = time.Second

// openKeeper takes the checkpoint for this process. It refuses the place of a scan that is not complete, and changes
// nothing. The result is nil where no checkpoint is asked for.
func (o *options) openKeeper(s *settings) (_ *keeper, err error) {
	if o.checkpoint == "" {
		return nil, nil
	}
	k := &keeper{path: o.checkpoint, before: o.resumed}
	if err := checkpoint.CheckPartial(k.path); err != nil {
		return nil, &checkpointError{err}
	}
	if k.journal, err = checkpoint.OpenJournal(k.path, endWithin); err != nil {
		if errors.Is(err, checkpoint.ErrLocked) {
			return nil, &checkpointError{err}
		}
		return nil, &outputError{err, "--checkpoint"}
	}
	if k.before == nil {
		err = k.checkPlace()
	} else {
		err = k.restore(s)
	}
	if err != nil {
		return nil, errors.Join(err, k.close())
	}
	s.scan.Keeper = k
	return k, nil
}

// checkPlace refuses a file that is somebody else's, or that can be gone on with.
func (k *keeper) checkPlace() error {
	there, err := checkpoint.Load(k.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return k.checkJournal(checkpoint.Mark{})
	case err != nil:
		return &checkpointError{fmt.Errorf("%w: remove it, or name another file", err)}
	case !there.Complete:
		return &checkpointError{fmt.Errorf("%s has a scan that is not complete: 'xsweep resume %s' goes on with it; to give it up, "+
			"remove the file", k.path, k.path)}
	}
	return k.checkJournal(there.Seen)
}

// checkJournal refuses somebody else's file in the place of the memory of answers, which would be emptied.
func (k *keeper) checkJournal(m checkpoint.Mark) error {
	if err := k.journal.Check(m); err != nil {
		return &checkpointError{err}
	}
	return nil
}

// restore has the scan go on where the checkpoint says.
func (k *keeper) restore(s *settings) error {
	now, err := checkpoint.Load(k.path) // again, under the lock: another process may have gone on with it
	if err != nil {
		return &checkpointError{err}
	}
	if !now.Written.Equal(k.before.Written) {
		return &checkpointError{fmt.Errorf("%s: %w, or was just now: try again", k.path, checkpoint.ErrLocked)}
	}
	if err := k.checkJournal(k.before.Seen); err != nil {
		return err
	}
	if err := k.state.Progress.UnmarshalBinary(k.before.Work); err != nil {
		return &checkpointError{fmt.Errorf("%s: %w", k.path, err)}
	}
	var c counters
	if err := json.Unmarshal(k.before.Counters, &c); err != nil {
		return &checkpointError{fmt.Errorf("%s: counters: %w", k.path, err)}
	}
	k.state.Counters = c.Snapshot
	s.deviceDrops = c.DeviceDrops
	s.scan.Resume, s.scan.Seed, s.scan.Key = &k.state, k.before.Seed, k.before.Key
	return nil
}

// earlier are the counters of the sessions before this one.
func (k *keeper) earlier() *scan.Snapshot {
	if k == nil {
		return new(scan.Snapshot)
	}
	return &k.state.Counters
}

// exclude leaves out what has been added to the blocklist since the scan began.
func (k *keeper) exclude(s *settings) {
	if k == nil || s.same.grown == nil {
		return
	}
	k.optOut(s.same.grown)
	if s.scan.Exclude != nil {
		s.scan.Exclude = s.scan.Exclude.Union(s.same.grown)
	} else {
		s.scan.Exclude = s.same.grown
	}
}

// check refuses a scan that is another one than before, for a reason that was not found earlier.
func (k *keeper) check(run *scan.Scan) error {
	if k == nil || k.before == nil || run.ID() == k.before.ScanID {
		return nil
	}
	return &checkpointError{fmt.Errorf("this would be scan %s, and %s is of scan %s, by %s: special-purpose networks may have changed; "+
		"use that version", run.ID(), k.path, k.before.ScanID, k.before.Program)}
}

// begin takes over the output, and the memory of answers. Nothing else may fail after it.
func (k *keeper) begin(o *options, s *settings, args []string, run *scan.Scan, out *output.Group, log *slog.Logger) (err error) {
	if k == nil {
		return nil
	}
	k.out, k.device = out, newDeviceDrops(s.scan.Ifindex)
	k.device.earlier = s.deviceDrops
	k.next = s.same.now
	k.next.Program, k.next.ScanID = version(), run.ID()
	k.next.Seed, k.next.Key, k.next.Shard, k.next.Shards = s.scan.Seed, s.scan.Key, s.scan.Shard, s.scan.Shards
	k.next.Arguments = args
	if k.next.Options, err = o.given(); err == nil {
		k.next.Directory, err = os.Getwd()
	}
	if err != nil {
		return &checkpointError{err}
	}
	for _, f := range s.output.files {
		if f.Path == "-" {
			log.Info("rows on standard output are kept by whoever reads them: a scan that goes on writes those that come after")
		}
	}
	if k.before != nil {
		if err = k.journal.Restore(k.before.Seen); err == nil {
			return nil
		}
		log.Warn("what answered before is not known any more: it may be reported twice", "error", err)
		k.before.Seen = checkpoint.Mark{}
	}
	if err := k.journal.Begin(); err != nil {
		return &outputError{err, "--checkpoint"}
	}
	return nil
}

// configure fills in what a scan needs to go on.
func (k *keeper) configure(cfg *scan.Config) {
	if k == nil {
		return
	}
	if k.before == nil {
		cfg.Key = scan.NewKey()
		return
	}
	n := int64(math.MaxInt64)
	if cfg.Dedup == scan.DedupWindow {
		n = int64(cfg.WindowSize())
	}
	cfg.Seen = k.journal.Keys(n)
}

// Seen implements scan.Keeper.
func (k *keeper) Seen(key uint64) { k.journal.Append(key) }

// Mark implements scan.Keeper. The journal comes after the rows: it must not have an answer whose row is not there.
func (k *keeper) Mark() (err error) {
	if k.marks, err = k.out.Mark(); err != nil {
		return err
	}
	k.seen, err = k.journal.Flush()
	return err
}

// Save implements scan.Keeper. A file that could not be brought to disk once fails each later Save: see output.ErrUnsynced.
func (k *keeper) Save(state *scan.State) error {
	err := k.out.SyncFiles()
	if err != nil && !errors.Is(err, output.ErrUnsynced) {
		return err // of a directory: it may be another one the next time
	}
	if err == nil {
		err = k.journal.Sync()
	}
	if err != nil {
		return fmt.Errorf("%w: no later checkpoint can count on it; 'xsweep resume %s' goes on from the last one", err, k.path)
	}
	f := &k.next
	f.Written, f.Complete, f.Seen = time.Now(), state.Complete, k.seen
	f.Outputs = f.Outputs[:0]
	for _, m := range k.marks {
		f.Outputs = append(f.Outputs, checkpoint.Output{Path: m.Path, Size: m.Size, Rows: m.Rows, Tail: checkpoint.Tail(m.Tail)})
	}
	var errs [3]error
	f.Work, errs[0] = state.Progress.AppendBinary(f.Work[:0])
	f.Counters, errs[1] = json.Marshal(&counters{state.Counters, k.device.count()})
	errs[2] = k.packOptedOut()
	if err := errors.Join(errs[:]...); err != nil {
		return err
	}
	if err := checkpoint.Save(k.path, f); err != nil {
		return behindFence(k.fenced, withFileLimit(err))
	}
	k.complete = state.Complete
	return nil
}

// confined takes note of a fence.
func (k *keeper) confined(fenced bool) {
	if k != nil {
		k.fenced = fenced
	}
}

// optOut adds addresses that are not to be probed any more, when the scan goes on either.
func (k *keeper) optOut(added *blocklist.Set) {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.optedOut != nil {
		added = k.optedOut.Union(added)
	}
	k.optedOut = added
}

func (k *keeper) packOptedOut() (err error) {
	k.mu.Lock()
	now := k.optedOut
	k.mu.Unlock()
	if now == k.packed {
		return nil
	}
	if k.next.OptedOut, err = pack(now); err == nil {
		k.packed = now
	}
	return err
}

// close gives the checkpoint up. The memory of answers of a scan that is complete is of no use any more, nor is an empty
// one: it was made to have something to lock.
func (k *keeper) close() error {
	switch {
	case k == nil:
		return nil
	case k.complete, k.journal.IsEmpty():
		return k.journal.Remove()
	}
	return k.journal.Close()
}

// reopen opens the files of the results where the checkpoint says that they end.
func (k *keeper) reopen(files []output.File, rows output.Config, log *slog.Logger) (*output.Group, error) {
	var marks []output.Mark
	for i, o := range k.before.Outputs {
		if i < len(files) {
			o.Path = files[i].Path // it may be named in another way now
		}
		marks = append(marks, output.Mark{Path: o.Path, Size: o.Size, Rows: o.Rows, Tail: output.Tail(o.Tail)})
	}
	out, cut, err := output.ReopenGroup(files, rows, marks)
	if err != nil {
		return nil, err
	}
	for i, n := range cut {
		if n > 0 {
			log.Info("the end of a row that was being written is cut off", "file", files[i].Path, "bytes", n)
		}
	}
	return out, nil
}

// checkLimits refuses to go on where a limit of the whole scan has been reached already.
func (k *keeper) checkLimits(cmd *cobra.Command, cfg *scan.Config) error {
	before := k.earlier()
	switch {
	case cfg.MaxRuntime > 0 && before.Sending >= cfg.MaxRuntime:
		return usagef(cmd, "--max-runtime %.0f seconds are over: give more with -t to go on", cfg.MaxRuntime.Seconds())
	case cfg.MaxResults > 0 && before.Rows >= cfg.MaxResults:
		return usagef(cmd, "--max-results %d are there already: give more with -N to go on", cfg.MaxResults)
	}
	return nil
}

// log says what was done before, and returns what the beginning of this session is called.
func (k *keeper) log(log *slog.Logger) string {
	if k == nil || k.before == nil {
		return "scan begins"
	}
	log.Info("going on from the checkpoint of "+k.before.Written.Local().Format(time.DateTime),
		"probed", k.state.Progress.Probed, "rows", k.out.Rows(), "session", k.state.Counters.Resumed+2) // this is the second one, if that was none
	return "scan goes on"
}
