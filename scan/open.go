package scan

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/xsweep/xsweep/blocklist"
	"github.com/xsweep/xsweep/bpf"
	"github.com/xsweep/xsweep/packet"
	"github.com/xsweep/xsweep/xsk"
)

// Scan is a scan that is ready to run: everything that may fail for want of a privilege, a device or a kernel has been
// opened, and nothing has been sent.
type Scan struct {
	cfg     Config
	space   *Space
	order   *Permutation
	id      func() string
	shard   shard
	exclude atomic.Pointer[blocklist.Set]
	sources []source

	steer      *bpf.Steer
	attachment bpf.Attachment
	observer   *bpf.Observer
	device     device
	group      *xsk.Group
	engine     Engine          // EngineXSK or EngineXDP
	whyEngine  string          // and not the other one
	loops      []*bpf.EmitLoop // of engine xdp, one for each sender
	transmit   []*xsk.TxQueue
	receive    []*xsk.RxQueue
	heads      *bpf.Heads // nil unless SYN-ACKs go to the stack
	syn, rst   *packet.Template

	todo         *work
	senders      []*sender
	receivers    []*receiver
	headReceiver *headReceiver // nil unless SYN-ACKs go to the stack
	intakes      []*intake     // of all receivers
	collector    *collector
	clock        clock            // for all that takes time
	timeOfDay    func() time.Time // for the times of rows alone: it may be set, and jump, while the scan runs
	stopwatch    *stopwatch       // nil unless round trips are measured
	phase        phases
	pace         pace
	pauses       pauses
	broken       chan error // from senders that cannot go on
	last         atomic.Pointer[Snapshot]
}

// Open prepares a scan: it loads and attaches the XDP program and opens a pair of AF_XDP sockets on every receive queue
// of the interface. It needs CAP_NET_RAW, CAP_NET_ADMIN, CAP_BPF and CAP_PERFMON (Linux 5.8 or newer), in the network
// namespace of the calling thread. Run may then be called from any, and by a process that has given them up: see TryCounters.
//
// The error wraps ErrConfig or ErrTooManyTargets; is a *bpf.ForeignProgramError; or wraps what xsk.OpenGroup,
// bpf.LoadSteer or Steer.Attach returned.
func Open(cfg Config) (*Scan, error) {
	s, err := prepare(cfg)
	if err != nil {
		return nil, err
	}
	if err := s.openDevice(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// prepare makes what needs no kernel.
func prepare(cfg Config) (*Scan, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Scan{cfg: cfg, timeOfDay: time.Now}
	if s.space, err = cfg.space(); err != nil {
		return nil, err
	}
	if s.order, err = NewPermutation(s.space.Len(), cfg.Seed); err != nil {
		return nil, err
	}
	if s.shard, err = s.order.shard(&cfg); err != nil {
		return nil, err
	}
	if cfg.Resume != nil {
		if err := s.checkResume(); err != nil {
			return nil, err
		}
	}
	s.id = sync.OnceValue(s.hashOrder)
	s.Exclude(cfg.Exclude)
	for _, addr := range cfg.Sources {
		s.sources = append(s.sources, newSource(cfg.Key, addr))
	}
	s.pace.set(cfg.Rate)
	if s.syn, err = packet.NewTemplate(cfg.Link); err != nil {
		return nil, err
	}
	if cfg.RTT && !s.syn.HasTimestamp() {
		return nil, fmt.Errorf("%w: round trips are measured by TCP timestamps, and profile %v has none", ErrConfig,
			cfg.Link.Profile)
	}
	if s.rst, err = packet.NewReset(cfg.Link); err != nil {
		return nil, err
	}
	return s, nil
}

// carrierTimeout is for drivers that reset the link when a program is attached: seconds on ixgbe.
const carrierTimeout = 15 * time.Second

// openDevice attaches the program before it opens the sockets: attaching may change the number of queues
// (virtio_net), and some drivers serve no socket without a program.
func (s *Scan) openDevice() (err error) {
	cfg := &s.cfg
	queues, err := xsk.NumQueues(cfg.Interface)
	if err != nil {
		return err
	}
	if err := s.loadSteer(max(queues, maxQueues)); err != nil {
		return err
	}
	s.attachment, err = attachWhenGone(goneWithin, func() (bpf.Attachment, error) { return s.steer.Attach(cfg.Ifindex, cfg.XDP) })
	if err != nil {
		return err
	}
	if err := s.observe(); err != nil {
		return err
	}
	if err := bpf.WaitCarrier(cfg.Ifindex, carrierTimeout); err != nil {
		return err
	}
	if err := s.openSockets(); err != nil {
		return err
	}
	if cfg.Reset == ResetKernel {
		if s.heads, err = s.steer.Heads(); err != nil {
			return err
		}
	}
	return s.chooseEngine()
}

// observe makes it possible to look at the interface while the scan runs. The program is attached.
func (s *Scan) observe() (err error) {
	id, err := s.steer.ID()
	if err != nil {
		return err
	}
	if s.observer, err = bpf.Observe(s.cfg.Ifindex); err != nil {
		return err
	}
	s.device.name, s.device.program = s.cfg.Interface, id
	s.device.look, s.device.lost = s.observer.Look, make(chan error, 1)
	return nil
}

// maxQueues is the least number of queues that the XDP program is made for, so that queues which appear when it is
// attached have a place.
const maxQueues = 256

func (s *Scan) openSockets() (err error) {
	queues, err := xsk.NumQueues(s.cfg.Interface) // again: see openDevice
	if err != nil {
		return err
	}
	features, err := xsk.DeviceFeatures(s.cfg.Ifindex)
	mayZeroCopy := s.cfg.Bind != xsk.BindCopy && (err != nil || features.XDP.Has(xsk.XSKZeroCopy))
	s.group, err = xsk.OpenGroup(xsk.GroupConfig{Config: s.cfg.socket(queues, mayZeroCopy)})
	if err != nil {
		return err
	}
	for _, q := range s.group.Queues() {
		if q.TX() != nil {
			s.transmit = append(s.transmit, q.TX())
		}
		if q.RX() == nil {
			continue
		}
		s.receive = append(s.receive, q.RX())
		if err := s.steer.SetSocket(q.Info().Queue, q.RX().FD()); err != nil {
			return err
		}
	}
	if len(s.transmit) == 0 {
		return fmt.Errorf("send on %s: %w", s.cfg.Interface, xsk.ErrNoTxQueue)
	}
	return nil
}

// socket describes the pair of sockets of each queue.
func (cfg *Config) socket(queues int, mayZeroCopy bool) xsk.Config {
	size := cmp.Or(cfg.ring, ringSize(queues, cfg.Rate))
	return xsk.Config{
		Ifindex: cfg.Ifindex, Interface: cfg.Interface, Bind: cfg.Bind,
		RxSize: size, FillSize: 2 * size, RxFrames: cmp.Or(cfg.ringFrames, frames(size, mayZeroCopy)),
		TxSize: txSize, CompletionSize: txSize, TxSlotSize: txSlot,
	}
}

// txSize is the number of frames on their way to the device, per queue: a millisecond's worth at full rate.
const txSize = 4096

// txSlot is the power of two that holds a frame.
const txSlot = 128

const _ = uint(txSlot - packet.MaxFrameLen) // does not compile if it does not hold one

// ringSize is the number of answers that a queue can hold: what comes in a quarter of a second if every target answers,
// as far as a tenth of a second of the answers that a full-rate scan may meet, while senders have the cores, and not more
// than 128 MiB of frames for all queues together. A rate of 0 is no limit.
func ringSize(queues int, rate float64) uint32 {
	const least, most = 1 << 11, 1 << 14
	size := uint32(most)
	for rate > 0 && size > least && float64(size/2) >= rate/4 {
		size /= 2
	}
	for size > least/2 && int(size)*2*2048*queues > 128<<20 {
		size /= 2
	}
	return size
}

// frames is how many a queue has to receive into. A driver in zero-copy mode keeps its own ring filled with them; in copy
// mode none is needed beyond what the receive ring holds, but for those that are being read.
func frames(ring uint32, mayZeroCopy bool) uint32 {
	if mayZeroCopy {
		return 2 * ring
	}
	return ring + max(ring/8, receiveBatch)
}

// Close detaches the program and closes the sockets. It comes after Run has returned.
func (s *Scan) Close() error {
	var errs []error
	if s.heads != nil {
		errs = append(errs, s.heads.Close())
	}
	if s.steer != nil {
		errs = append(errs, s.steer.Close())
	}
	if s.group != nil {
		errs = append(errs, s.group.Close())
	}
	if s.observer != nil {
		s.observer.Close()
	}
	return errors.Join(errs...)
}

// TryCounters reads a counter in the kernel, as a snapshot does. Its error tells a caller that is about to give up
// capabilities whether that would be allowed without them: EPERM if not, as on Linux before 5.19 without CAP_BPF.
func (s *Scan) TryCounters() error {
	_, err := s.steer.Counters()
	return err
}

// Exclude has addresses not be probed any more, within a second at the default rate and above, in place of those of the
// last call. They keep their place in the order, so that nothing else about the scan changes: neither which targets
// belong to which shard, nor a position in a checkpoint. nil is none. It may be called at any time, from any goroutine.
func (s *Scan) Exclude(addrs *blocklist.Set) {
	if addrs != nil && addrs.Len() == 0 {
		addrs = nil
	}
	s.exclude.Store(addrs)
}

// Targets is the number of targets to probe: addresses times ports, or listed ones; of a shard its share, and with
// Config.MaxTargets no more than that.
func (s *Scan) Targets() uint64 { return s.shard.targets }

// Threads is the number of threads that senders and receivers keep busy. Run goes best with GOMAXPROCS two above it: a
// thread that comes back from the kernel must not wait for a turn in Go.
func (s *Scan) Threads() int { return s.numSenders() + s.numReceivers() }

// numReceivers is one for each queue, and one for the SYN-ACKs that go to the stack.
func (s *Scan) numReceivers() int {
	if s.heads != nil {
		return len(s.receive) + 1
	}
	return len(s.receive)
}

// Cooldown is how long the scan listens after the last probe.
func (s *Scan) Cooldown() time.Duration { return s.cfg.Cooldown }

// What one core sends on any machine, in packets per second. Copy mode takes 0.7 to 1.9 million, live frames 5 to 14.
const (
	xskSenderRate = 500e3
	xdpSenderRate = 2e6
)

// numSenders is one for each such rate that is asked for, as far as there are queues and cores.
func (s *Scan) numSenders() int {
	if s.engine == EngineXDP {
		return len(s.loops)
	}
	return s.sendersUpTo(min(len(s.transmit), runtime.NumCPU()), len(s.transmit), xskSenderRate)
}

// sendersUpTo is how many senders there are to be: most unless more were asked for, of which there may be limit.
func (s *Scan) sendersUpTo(most, limit int, each float64) int {
	if s.cfg.Senders > 0 {
		return min(s.cfg.Senders, limit)
	}
	if s.cfg.Rate > 0 {
		most = min(most, int(math.Ceil(s.cfg.Rate/each)))
	}
	return most
}
