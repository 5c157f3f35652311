package scan

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Keeper keeps checkpoints, from which a scan that was cut off can go on.
type Keeper interface {
	// Seen is told the key of each answer that is no repeat, once its row has been given to the Output: by the goroutine
	// that writes there. Config.Seen wants the keys again.
	Seen(key uint64)

	// Mark has what was written and seen until now leave the process, and notes how much it is. It is called by the same
	// goroutine, on which receive rings depend: it is not the place to wait for the disk.
	Mark() error

	// Save brings what Mark noted to disk and then, in place of the checkpoint before, one of state and of that. It is
	// called after each Mark that returned no error, by another goroutine, and may take its time.
	Save(state *State) error
}

// State is what a scan has to know of itself to go on.
type State struct {
	Progress Progress
	Counters Snapshot // of this session and those before it
	Complete bool     // there is nothing to go on with
}

// DefaultCheckpointEvery is the time from one checkpoint to the next.
const DefaultCheckpointEvery = 5 * time.Second

// A CheckpointError says that the scan went well or not, and that its last checkpoint could not be written. The one
// before is as it was.
type CheckpointError struct{ Err error }

func (e *CheckpointError) Error() string { return "write checkpoint: " + e.Err.Error() }
func (e *CheckpointError) Unwrap() error { return e.Err }

// A checkpointer writes checkpoints while a scan runs. What it takes for done lags behind the senders by the cool-down:
// answers to what was sent earlier have come and are in the output, or will never come. So resuming asks again for each
// answer that could have been lost.
type checkpointer struct {
	scan    *Scan
	keeper  Keeper
	lag     time.Duration
	history *history
	log     *slog.Logger

	question answers       // has the collector mark: in the queue, behind the answers that came earlier
	marked   chan error    // its reply
	counters Snapshot      // when it did
	stop     chan struct{} // closed when the scan ends
	running  sync.WaitGroup
	failed   bool // the last attempt did
}

// leastLag is for a scan without a cool-down: answers come within a second, as a rule.
const leastLag = time.Second

// newCheckpointer writes the first checkpoint, so that it is known before the first probe that there can be some. It is
// nil without a Keeper.
func (s *Scan) newCheckpointer() (*checkpointer, error) {
	if s.cfg.Keeper == nil {
		return nil, nil
	}
	k := &checkpointer{
		scan: s, keeper: s.cfg.Keeper, lag: max(s.cfg.Cooldown, leastLag), log: s.cfg.Logger, stop: make(chan struct{}),
		history: newHistory(s.todo.progress(s.clock.now())),
	}
	k.marked = make(chan error)
	k.question.marked = k.marked
	s.collector.mark = k.mark
	err := k.mark()
	if err == nil {
		err = k.save(k.history.at(0), false)
	}
	if err != nil {
		return nil, &CheckpointError{err}
	}
	return k, nil
}

// start begins to write checkpoints.
func (k *checkpointer) start() {
	if k == nil {
		return
	}
	k.running.Go(func() { k.each(k.lookEvery(), k.look) })
	k.running.Go(func() { k.each(k.scan.cfg.CheckpointEvery, k.write) })
}

// end stops that, and waits for a checkpoint that is being written.
func (k *checkpointer) end() {
	if k != nil {
		close(k.stop)
		k.running.Wait()
	}
}

func (k *checkpointer) each(interval time.Duration, do func()) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			do()
		case <-k.stop:
			return
		}
	}
}

// lookEvery is how long it is from one look at the progress to the next: what was done since the last one is done again.
func (k *checkpointer) lookEvery() time.Duration {
	return max(min(time.Second, k.scan.cfg.CheckpointEvery), k.lag/(historySize/2))
}

func (k *checkpointer) look() {
	p := k.scan.todo.progress(k.scan.clock.now())
	k.history.add(k.scan.clock.now(), p) // after it
}

// write writes a checkpoint while the scan runs.
func (k *checkpointer) write() {
	upTo := k.scan.received()
	select {
	case k.scan.collector.in <- &k.question:
	case <-k.stop:
		return // the last one will say it all
	}
	err := <-k.marked
	if err == nil {
		err = k.save(k.history.at(upTo-k.lag), false)
	}
	if err != nil {
		k.log.Warn("checkpoint not written: the last one is as it was", "error", err)
	} else if k.failed {
		k.log.Info("checkpoints are written again")
	}
	k.failed = err != nil
}

// mark is done by the collector, so that the counters are those of what the Keeper notes.
func (k *checkpointer) mark() error {
	err := k.keeper.Mark()
	k.counters = k.scan.Snapshot()
	return err
}

// last writes the checkpoint of a scan that has ended, when all its goroutines have. waited tells whether the cool-down
// was waited for: then all answers are there that will be.
func (k *checkpointer) last(end End, waited bool) error {
	if k == nil {
		return nil
	}
	now := k.scan.clock.now()
	p := k.history.at(now - k.lag)
	if waited {
		p = k.scan.todo.progress(now)
	}
	err := k.mark()
	if err == nil {
		k.counters.End = end
		err = k.save(p, end == EndMaxResults || waited && k.scan.todo.complete())
	}
	if err != nil {
		return &CheckpointError{err}
	}
	return nil
}

func (k *checkpointer) save(p Progress, complete bool) error {
	state := State{Progress: p, Counters: k.counters, Complete: complete}
	state.Counters.Probed, state.Counters.Excluded = p.Probed, p.Excluded // what is done again is counted again
	return k.keeper.Save(&state)
}

// received is a time before which no answer came that is not with the collector.
func (s *Scan) received() time.Duration {
	upTo := s.clock.now()
	for _, in := range s.intakes {
		upTo = min(upTo, time.Duration(in.n.passed.Load()))
	}
	return upTo
}

// waited tells whether a scan that ended like this did so after the cool-down.
func waited(err error) bool {
	return err == nil || errors.Is(err, ErrLowHitRate) || errors.Is(err, ErrSendFailures)
}

// checkResume refuses what does not belong to this scan.
func (s *Scan) checkResume() error {
	passes := 1
	if s.cfg.ProbeInterval > 0 {
		passes = s.cfg.Probes
	}
	if err := s.cfg.Resume.Progress.check(&s.shard, passes); err != nil {
		return fmt.Errorf("resume scan: %w", err)
	}
	return nil
}
