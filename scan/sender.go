package scan

import (
	"errors"
	"log/slog"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/blocklist"
	"github.com/xsweep/xsweep/packet"
)

// batchSize is how many frames go to the engine at once.
const batchSize = 256

// A sender owns one transmit queue and, where the rate asks for it, one core, and takes its part of the work unit by
// unit. It is done in two steps: probe until there is nothing left to send, then serve, which only sends the RSTs that late answers
// still call for.
type sender struct {
	gen     *generator
	engine  transmitter
	limiter limiter
	pace    *pace   // what the limiter keeps to: this
	share   float64 // part of it
	pause   *pause  // nil for none ever
	clock   clock
	resets  []*resetQueue // of the receivers that this sender serves
	cpu     int           // core to stay on; -1 for any
	log     *slog.Logger
	pauses  *pauses // of all senders
	n       *senderCounters
	broken  chan<- error // told when nothing will ever be sent again

	batch   []packet.Probe // made and not yet sent
	checked *blocklist.Set // the exclusions that it respects
	room    [batchSize]packet.Probe
	closing [batchSize]packet.Probe
	failed  bool // the last attempt to send did
}

// senderCounters has one writer; all may read.
type senderCounters struct {
	_        [cacheLine]byte
	probes   atomic.Uint64 // given to the engine
	again    atomic.Uint64 // those of them that were not the first of their target, where there are several passes
	excluded atomic.Uint64 // targets left out
	resets   atomic.Uint64 // RSTs given to the engine
	noRoom   atomic.Uint64 // batches that the engine had no room for
	refused  atomic.Uint64 // attempts that ended in an error
	dropped  atomic.Uint64 // frames that the engine says were dropped
	returned atomic.Uint64 // frames that the driver would not take, and that were sent again
	unsent   atomic.Uint64 // frames that were still in the ring, or before it, at the end
	_        [cacheLine]byte
}

const (
	// maxSleep bounds how late a RST or a stop is noticed.
	maxSleep = 2 * time.Millisecond
	// backoff is the pause after the engine had no room: time for the device to take some 100 frames.
	backoff = 50 * time.Microsecond
	// downPause is the pause while the device is down or refuses.
	downPause = 100 * time.Millisecond
)

// probe sends until the targets run out or stop is set.
func (s *sender) probe(stop *atomic.Bool) {
	if err := s.settle(); err != nil {
		s.report(err)
		return
	}
	s.limiter = s.limiter.startAt(s.clock.now())
	closed := s.clock.now()
	for !stop.Load() {
		now := s.clock.now()
		if now-closed >= tick { // some at a time: each time costs a system call
			closed = now
			s.closeConnections()
		}
		if s.pause != nil && s.pause.isOn() {
			s.idle(maxSleep)
			continue
		}
		s.limiter.setRate(s.pace.rate()*s.share, now)
		due := s.limiter.due(now, batchSize)
		s.recheck()
		if len(s.batch) == 0 {
			if wait, ok := s.refill(due, now); !ok {
				if wait == 0 {
					break
				}
				s.idle(min(wait, maxSleep))
				continue
			}
		}
		if due == 0 {
			s.idle(min(s.limiter.wait(), maxSleep))
			continue
		}
		s.send(min(due, len(s.batch)))
	}
	for waiting, _ := s.push(); waiting > 0 && !stop.Load(); { // serve goes on with what is left then
		waiting = s.idle(backoff)
	}
}

// count publishes what the engine says.
func (s *sender) count() {
	s.n.dropped.Store(s.engine.dropped())
	s.n.returned.Store(s.engine.refused())
}

// settle binds the goroutine to a thread, and the thread to its core. The thread ends with the goroutine, so that
// nothing is undone.
func (s *sender) settle() error {
	runtime.LockOSThread()
	preciseSleep()
	if s.cpu >= 0 {
		if err := pin(s.cpu); err != nil {
			s.log.Debug("sender stays unpinned", "cpu", s.cpu, "error", err)
			return s.engine.settle(-1)
		}
	}
	return s.engine.settle(s.cpu)
}

// refill makes the next probes, no more than are due. If there are none, it is worth asking again after wait, or never
// where that is 0.
func (s *sender) refill(due int, now time.Duration) (wait time.Duration, ok bool) {
	n, wait := s.gen.fill(s.room[:max(due, s.gen.probes)], now)
	s.batch = s.room[:n]
	s.n.excluded.Store(s.gen.excluded)
	return wait, n > 0
}

// recheck takes out of the batch what has been excluded since it was made: a batch waits for as long as the device is
// down, or its ring full.
func (s *sender) recheck() {
	exclude := s.gen.exclude.Load()
	if exclude == s.checked {
		return
	}
	s.checked = exclude
	if exclude == nil {
		return
	}
	kept, sent := s.batch[:0], s.n.probes.Load()
	var last *packet.Probe // the last one taken out
	for _, p := range s.batch {
		if !exclude.Contains(p.Dst) {
			kept = append(kept, p)
			continue
		}
		isFirst := last == nil || p.Dst != last.Dst || p.DstPort != last.DstPort
		s.gen.takeBack(sent+uint64(len(kept)), isFirst)
		last = &p
	}
	s.batch = kept
	s.n.excluded.Store(s.gen.excluded)
}

// send gives the first n probes of the batch to the engine, and keeps those that it did not take for the next time:
// what does not fit is late, not lost.
func (s *sender) send(n int) {
	sent, err := s.engine.send(s.batch[:n])
	s.batch = s.batch[sent:]
	s.limiter.sent(sent)
	s.n.probes.Add(uint64(sent))
	if s.gen.pass > 0 {
		s.n.again.Add(uint64(sent))
	}
	s.depart()
	s.count()
	switch {
	case err != nil:
		s.report(err)
		sleep(downPause)
	case sent == 0:
		s.n.noRoom.Add(1)
		s.idle(backoff)
	case s.failed:
		s.idle(0) // what an engine has taken may not have left
	}
}

// depart has units go back to the work whose probes have left.
func (s *sender) depart() {
	if len(s.gen.finished) > 0 {
		sent := s.n.probes.Load()
		s.gen.left(sent-min(sent, uint64(s.engine.held())), s.clock.now())
	}
}

// report has it logged that sending fails, or does no more, once each. A device that is down may come up again, and its
// targets wait for it; any other error is for good.
func (s *sender) report(err error) {
	if err != nil {
		s.n.refused.Add(1)
		if !errors.Is(err, unix.ENETDOWN) {
			select {
			case s.broken <- err:
			default: // somebody else was first
			}
			return
		}
	}
	if failed := err != nil; failed != s.failed {
		s.failed = failed
		if failed {
			s.pauses.begin(s.log, err, s.clock.now())
		} else {
			s.pauses.end(s.log, s.clock.now())
		}
	}
}

// push pushes on what is still waiting for the device, and returns how many frames that leaves.
func (s *sender) push() (waiting int, err error) {
	waiting, err = s.engine.flush()
	s.report(err)
	s.depart()
	s.count()
	return waiting, err
}

// idle sleeps, after a push.
func (s *sender) idle(d time.Duration) (waiting int) {
	waiting, err := s.push()
	switch {
	case err != nil:
		d = downPause
	case waiting > 0:
		d = min(d, backoff)
	}
	sleep(d)
	return waiting
}

// serve sends RSTs until stop is set and none is left.
func (s *sender) serve(stop *atomic.Bool) {
	for {
		last := stop.Load() // before looking: the receivers have ended when it is set
		if s.closeConnections() == 0 {
			if last {
				break
			}
			s.idle(maxSleep)
		}
	}
	unsent := s.engine.drain()
	for _, q := range s.resets {
		unsent += q.len()
	}
	s.n.unsent.Store(uint64(unsent))
	s.depart()
	s.count()
}

// closeConnections sends the RSTs that are waiting, as far as there is room, and returns how many.
func (s *sender) closeConnections() int {
	total := 0
	for _, q := range s.resets {
		n := q.peek(s.closing[:])
		if n == 0 {
			continue
		}
		sent, _ := s.engine.reset(s.closing[:n]) // the next probe reports what is wrong with the device
		q.pop(sent)
		total += sent
	}
	if total > 0 {
		s.n.resets.Add(uint64(total))
	}
	return total
}
