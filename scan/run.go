package scan

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// phases are what the goroutines of a scan are told.
type phases struct {
	stopProbing   atomic.Bool
	stopReceiving atomic.Bool
	stopServing   atomic.Bool
	probing       atomic.Int32 // senders that are

	// When Run began and when the last probe was sent: nanoseconds on the scan's clock + 1, 0 for not yet.
	started, probed atomic.Int64
}

// Run is Open and Scan.Run in one.
func Run(ctx context.Context, cfg Config, out Output, stop <-chan struct{}) (end Snapshot, err error) {
	s, err := Open(cfg)
	if err != nil {
		return Snapshot{}, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return s.Run(ctx, out, stop)
}

// Run probes every target, listens for the cool-down, and returns the final counters. Rows go to out, flushed twice a
// second at least and at the end; closing it is the caller's.
//
// When stop is closed (nil: never), no more probes are sent and the cool-down begins. When ctx is done, the scan ends
// at once, with what has been received by then written, and Run returns the error of ctx. Other errors end the scan,
// too, in the cool-down as well: a row that cannot be written, which is an *OutputError; a device that is gone (ErrGone),
// or from which somebody has taken our program (ErrDetached). While the device is down, or the output waits for room, the
// targets wait. ErrLowHitRate and ErrSendFailures come after the cool-down. A Scan runs once.
func (s *Scan) Run(ctx context.Context, out Output, stop <-chan struct{}) (Snapshot, error) {
	if s.phase.started.Load() != 0 {
		return Snapshot{}, errors.New("run scan: it has run already")
	}
	s.assemble(out)
	s.phase.started.Store(int64(s.clock.now()) + 1)
	keeping, err := s.newCheckpointer()
	if err != nil {
		return s.finish(EndFailed, err)
	}

	if err := s.device.check(); err != nil { // before the first probe: the next look is a tenth of a second away
		return s.finish(EndFailed, err)
	}

	var collecting, receiving, probing, serving, watching sync.WaitGroup
	unwatched := make(chan struct{})
	watching.Go(func() { s.device.watch(unwatched) })
	collecting.Go(s.collector.run)
	for _, r := range s.receivers {
		receiving.Go(func() { r.run(&s.phase.stopReceiving) })
	}
	if s.headReceiver != nil {
		receiving.Go(func() { s.headReceiver.run(&s.phase.stopReceiving) })
	}
	probing.Add(len(s.senders))
	s.phase.probing.Store(int32(len(s.senders)))
	for _, snd := range s.senders {
		serving.Go(func() {
			snd.probe(&s.phase.stopProbing)
			s.phase.probing.Add(-1)
			probing.Done()
			snd.serve(&s.phase.stopServing)
		})
	}

	keeping.start()

	defer context.AfterFunc(ctx, s.collector.giveUp)()
	end, err := s.supervise(ctx, stop, &probing)

	keeping.end()
	close(unwatched)
	watching.Wait()
	s.phase.stopProbing.Store(true)
	probing.Wait()
	s.phase.probed.CompareAndSwap(0, int64(s.clock.now())+1)
	s.phase.stopReceiving.Store(true)
	receiving.Wait()
	s.phase.stopServing.Store(true)
	serving.Wait()
	close(s.collector.in)
	collecting.Wait()
	if err == nil {
		if err = s.outputError(); err != nil {
			end = endOf(err)
		}
		if err != nil && ctx.Err() != nil { // which is why
			end, err = EndCancelled, ctx.Err()
		}
	}
	if s.collector.isOver {
		return s.finish(end, err) // with rows missing, the last checkpoint is the right one
	}
	return s.finish(end, errors.Join(err, keeping.last(end, waited(err))))
}

// finish makes the final counters. They stand still: no more answers come, as somebody may go on sending them, once the
// program is off the device.
func (s *Scan) finish(end End, err error) (Snapshot, error) {
	if err := s.steer.Detach(); err != nil {
		s.cfg.Logger.Warn("taking the XDP program off the interface", "error", err)
	}
	last := s.Snapshot()
	last.End = end
	s.settle(&last)
	s.last.Store(&last)
	return last, err
}

// supervise waits for the end of probing and of the cool-down, or for what ends the scan before.
func (s *Scan) supervise(ctx context.Context, stop <-chan struct{}, probing *sync.WaitGroup) (End, error) {
	probed := make(chan struct{})
	go func() { probing.Wait(); close(probed) }()
	watch := watch{cfg: &s.cfg}
	ticks, release := watch.ticks()
	defer release()
	easing := easing{pace: &s.pace, log: s.cfg.Logger}
	var ease <-chan time.Time
	if !s.cfg.NoBackoff {
		t := time.NewTicker(easeEvery)
		defer t.Stop()
		ease = t.C
	}

	var gaveUp error
	end := EndDone
	if s.shard.limit > 0 {
		end = EndMaxTargets
	}
	var deadline, cooldown <-chan time.Time
	if s.cfg.MaxRuntime > 0 {
		deadline = time.After(s.cfg.MaxRuntime - s.earlier().Sending)
	}
	for {
		select {
		case <-stop:
			end, stop = EndStopped, nil
			s.phase.stopProbing.Store(true)
		case <-deadline:
			end = EndMaxRuntime
			s.phase.stopProbing.Store(true)
		case <-ticks:
			now := s.session()
			if why, err := watch.check(&now); err != nil {
				end, gaveUp, ticks = why, err, nil
				s.phase.stopProbing.Store(true)
			}
		case <-ease:
			s.ease(&easing)
		case <-probed:
			probed, stop, deadline, ticks, ease = nil, nil, nil, nil, nil // from here on they stop nothing
			s.phase.probed.Store(int64(s.clock.now()) + 1)
			if now := s.Snapshot(); end == EndMaxTargets && now.Probed < s.shard.limit {
				end = EndDone // there were not as many
			}
			cooldown = time.After(s.cfg.Cooldown)
		case <-cooldown:
			if err := s.brokenOff(); err != nil {
				return EndFailed, err
			}
			return end, gaveUp
		case <-s.collector.full:
			return EndMaxResults, nil
		case err := <-s.collector.failed:
			return endOf(err), &OutputError{err}
		case err := <-s.broken:
			return EndFailed, s.device.explain(err)
		case err := <-s.device.lost:
			return EndFailed, err
		case <-ctx.Done():
			return EndCancelled, ctx.Err()
		}
	}
}

// brokenOff is an error of a sender or the device that came as the cool-down ended.
func (s *Scan) brokenOff() error {
	select {
	case err := <-s.broken:
		return s.device.explain(err)
	case err := <-s.device.lost:
		return err
	default:
		return nil
	}
}

// outputError is an error that came while the scan was ending.
func (s *Scan) outputError() error {
	select {
	case err := <-s.collector.failed:
		return &OutputError{err}
	default:
		return nil
	}
}

// assemble makes the goroutines' parts: a receiver for each queue, senders on the first queues, and between them the
// queues of RSTs.
func (s *Scan) assemble(out Output) {
	s.clock = newClock()
	if s.cfg.RTT {
		s.stopwatch = newStopwatch(s.clock)
	}
	s.broken = make(chan error, 1)
	s.collector = newCollector(s.numReceivers(), out, &s.cfg)
	s.collector.pause.clock = s.clock
	n := s.numSenders()
	s.todo = s.work(n)
	cpus := senderCores(s.cfg.Cores, n)
	if s.engine == EngineXDP {
		cpus = emitCores(s.cfg.Cores, len(s.transmit))
	}
	for i := range n {
		snd := s.newSender(i, n, s.todo)
		if len(cpus) > 0 {
			snd.cpu = cpus[i%len(cpus)]
		}
		s.senders = append(s.senders, snd)
	}
	s.addReceivers()
}

// addReceivers makes a receiver for each queue, and has the senders serve them.
func (s *Scan) addReceivers() {
	validate := newValidator(s.cfg.Key, s.sources, s.cfg.SourcePorts, s.cfg.Probes, s.space)
	for i, rx := range s.receive {
		r := &receiver{rx: rx, intake: s.newIntake(validate), log: s.cfg.Logger}
		if s.cfg.Reset == ResetReply {
			r.resets, r.limit = new(resetQueue), newResetLimit()
			serves := s.senders[i%len(s.senders)]
			serves.resets = append(serves.resets, r.resets)
		}
		s.receivers = append(s.receivers, r)
		s.intakes = append(s.intakes, &r.intake)
	}
	if s.heads != nil {
		s.headReceiver = &headReceiver{heads: s.heads, intake: s.newIntake(validate), log: s.cfg.Logger}
		s.intakes = append(s.intakes, &s.headReceiver.intake)
	}
}

func (s *Scan) newIntake(validate *validator) intake {
	return intake{
		validate: validate, full: s.collector.in, empty: s.collector.back, clock: s.clock, timeOfDay: s.timeOfDay,
		stopwatch: s.stopwatch, kinds: s.cfg.OptionKinds, probed: &s.phase.probed, n: new(receiverCounters),
	}
}

// newSender makes sender i of n, with its part of the rate, on any core.
func (s *Scan) newSender(i, n int, todo *work) *sender {
	return &sender{
		gen:     s.generator(todo),
		engine:  s.transmitter(i),
		limiter: newLimiter(s.Rate() / float64(n)), pace: &s.pace, share: 1 / float64(n), pause: s.collector.pause,
		clock: s.clock, cpu: -1, log: s.cfg.Logger, pauses: &s.pauses, n: new(senderCounters), broken: s.broken,
	}
}

// transmitter makes that of sender i.
func (s *Scan) transmitter(i int) transmitter {
	queue := newXSKEngine(s.transmit[i], s)
	if s.engine == EngineXDP {
		return newXDPEngine(s.loops[i], queue, s.cfg.Interface)
	}
	return queue
}

// work is what n senders have to do.
func (s *Scan) work(n int) *work {
	w := newWork(s.shard.from, s.shard.to, s.shard.limit, s.cfg.Rate/float64(n))
	if s.cfg.ProbeInterval > 0 {
		w.repeat(s.cfg.Probes, s.cfg.ProbeInterval)
	}
	if s.cfg.Resume != nil {
		w.restore(&s.cfg.Resume.Progress)
	}
	return w
}

// inARow is how many probes a target gets back to back. With an interval, the others are of other passes.
func (s *Scan) inARow() int {
	if s.cfg.ProbeInterval > 0 {
		return 1
	}
	return s.cfg.Probes
}

func (s *Scan) generator(todo *work) *generator {
	return newGenerator(generator{
		work: todo, order: s.order, space: s.space, exclude: &s.exclude,
		sources: s.sources, ports: s.cfg.SourcePorts, probes: s.inARow(),
	})
}
