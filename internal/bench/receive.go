package bench

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/xsweep/xsweep/internal/lab"
)

// floodSource is where the flood comes from: an address that nothing else here sends from.
const floodSource = lab.WorldAddr + 1

// RX receives by a method on one core, under a flood that another core makes. The lab has one
// queue.
func RX(m Method) Case {
	return Case{
		result: Result{Kind: KindRX, Method: m.Name, Queues: 1, Where: "lab", Mode: m.What, CountedBy: "the receiver"},
		run: func(ctx context.Context, set *Settings, r *Result) (sample, error) {
			return receive(ctx, m, set.Time, r)
		},
	}
}

func receive(ctx context.Context, m Method, length time.Duration, r *Result) (_ sample, err error) {
	sendCPU, receiveCPU, err := twoCores()
	if err != nil {
		return nil, err
	}
	s, err := openLab(ctx, lab.Config{Queues: 1})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	s.describe(r)
	poller, err := startPollThread(s.lab.Scanner, receiveCPU)
	if err != nil {
		return nil, err
	}
	rx, err := m.open(&receiving{s.near, s.lab.Scanner})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rx.Close()) }()
	reader := startReader(rx, receiveCPU)
	defer func() { err = errors.Join(err, reader.stop()) }()

	program, err := newFrames(floodSource, floodImage(s.far, m.aim(s.near), floodSource, s.source))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, program.Close()) }()
	ready, err := s.lab.World.KeepReady(program.objects.Flood)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, ready.Close()) }()
	flood := startFlood(program, s.far, sendCPU, s.doFar)
	defer func() { err = errors.Join(err, flood.stop()) }()

	p := &probe{rx: rx, flood: flood, site: s, poller: processClock(poller), reader: reader.clock}
	return p.measure(ctx, length)
}

// aim is the end that the flood is addressed to. Only a UDP socket wants the frames for this host: with another's MAC address the
// stack drops them as soon as AF_PACKET has seen them, instead of answering each by ICMP.
func (m Method) aim(end End) End {
	if m.Name != "udp" {
		end.MAC[5] ^= 0x80
	}
	return end
}

// reader is the thread that reads what a receiver receives, if it has one.
type reader struct {
	clock cpuClock // 0 where there is no thread
	halt  atomic.Bool
	ended chan error
}

func startReader(rx receiver, cpu int) *reader {
	r := &reader{ended: make(chan error, 1)}
	run := rx.thread()
	if run == nil {
		r.ended <- nil
		return r
	}
	started := make(chan cpuClock)
	go func() {
		runtime.LockOSThread() // until the goroutine ends, and the thread with it
		started <- ownClock()
		if err := pin(0, cpu); err != nil {
			r.ended <- err
			return
		}
		r.ended <- run(&r.halt)
	}()
	r.clock = <-started
	return r
}

func (r *reader) stop() error {
	r.halt.Store(true)
	return <-r.ended
}

// warmUp is the time from the first frame of the flood to the measurement.
const warmUp = 200 * time.Millisecond

// probe reads all counters of a receive case at two moments.
type probe struct {
	rx             receiver
	flood          *flood
	site           *site
	poller, reader cpuClock
}

// moment is what the counters have come to.
type moment struct {
	at                                  time.Time
	offered, arrived, received, dropped uint64
	cpu                                 time.Duration
}

func (p *probe) measure(ctx context.Context, length time.Duration) (sample, error) {
	if err := p.flood.begun(ctx); err != nil {
		return nil, err
	}
	if err := pause(ctx, warmUp); err != nil {
		return nil, err
	}
	before, err := p.now()
	if err != nil {
		return nil, err
	}
	if err := pause(ctx, length); err != nil {
		return nil, err
	}
	after, err := p.now()
	if err != nil {
		return nil, err
	}
	seconds := after.at.Sub(before.at).Seconds()
	cpu := after.cpu - before.cpu
	perSecond := func(before, after uint64) float64 { return float64(after-min(before, after)) / seconds }
	received := float64(after.received - before.received)
	offered, arrived := perSecond(before.offered, after.offered), perSecond(before.arrived, after.arrived)
	return sample{
		FigureOffered: offered, FigureMissed: max(offered-arrived, 0),
		FigurePPS: received / seconds, FigureDropped: perSecond(before.dropped, after.dropped),
		FigureCPUShare: cpu.Seconds() / seconds, FigureCPU: float64(cpu.Nanoseconds()) / max(received, 1),
		FigurePPSPerCore: received / max(cpu.Seconds(), 1e-9),
	}, nil
}

func (p *probe) now() (m moment, err error) {
	m.at = time.Now()
	var errs [6]error
	m.offered, errs[0] = p.flood.offered()
	m.received, errs[1] = p.rx.received()
	m.dropped, errs[2] = p.rx.dropped()
	errs[3] = p.site.do(func() error {
		link, err := netlink.LinkByIndex(p.site.near.Ifindex)
		if err != nil {
			return err
		}
		m.arrived = link.Attrs().Statistics.RxPackets
		return nil
	})
	for i, clock := range []cpuClock{p.poller, p.reader} {
		if clock == 0 {
			continue
		}
		var cpu time.Duration
		cpu, errs[4+i] = clock.read()
		m.cpu += cpu
	}
	return m, errors.Join(errs[:]...)
}

// pause waits, unless ctx ends before.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
