package xsk

import (
	"errors"
	"fmt"
)

// GroupConfig describes a Group.
type GroupConfig struct {
	// Config is the configuration of every queue; its Queue field is not used.
	Config Config

	// Queues are the queues to open. nil opens every queue of the interface that the direction uses.
	Queues []uint32

	// ShareUmem puts all queues on one UMEM, made as large as they need and as Config asks, instead of one each. A UMEM
	// of the caller's own, Config.Umem, is shared anyway.
	ShareUmem bool

	// Tuning changes settings of the host until Close, for busy polling. Info.Tuning says how to undo it after a crash.
	Tuning HostTuning
}

// Group is several queues of one interface, opened and closed together.
type Group struct {
	queues []*Queue
	umem   *Umem // the Group's own, or nil
	tuning tuning
}

// OpenGroup opens queues of one interface, in the network namespace of the calling thread. It opens all of them or,
// with an error, none; the errors are Open's and NumQueues'.
//
// A queue that the interface can receive from but not send on, or send on but not receive from, is opened in that
// one direction when the group wants both, so that its TX or RX returns nil.
func OpenGroup(cfg GroupConfig) (*Group, error) {
	probe := cfg.Config
	probe.Queue = 0
	if err := probe.Validate(); err != nil {
		return nil, err
	}
	if err := cfg.Tuning.check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	name, err := interfaceName(probe.Ifindex)
	if err != nil {
		return nil, fmt.Errorf("open AF_XDP sockets on %s: %w", probe.name(), err)
	}
	if probe.Interface == "" {
		probe.Interface = name
	}
	ch, err := countChannels(name)
	if err != nil {
		return nil, err
	}
	g := &Group{}
	configs := groupConfigs(probe, cfg.Queues, ch)
	if cfg.ShareUmem && probe.Umem == nil {
		if g.umem, err = sharedUmem(configs); err != nil {
			return nil, fmt.Errorf("open AF_XDP sockets on %s: %w", probe.name(), err)
		}
	}
	for _, c := range configs {
		q, err := Open(c)
		if err != nil {
			return nil, errors.Join(err, g.Close())
		}
		g.queues = append(g.queues, q)
	}
	if g.tuning, err = tuneHost(sysClassNet, probe.Ifindex, cfg.Tuning); err != nil {
		return nil, errors.Join(err, g.Close())
	}
	for _, q := range g.queues {
		q.info.Tuning = g.tuning.String()
	}
	return g, nil
}

// sharedUmem makes a UMEM for all of configs and puts them on it. If there are none it makes none.
func sharedUmem(configs []Config) (*Umem, error) {
	if len(configs) == 0 {
		return nil, nil
	}
	c := configs[0]
	size := 0
	for _, c := range configs {
		size += c.UmemBytes()
	}
	u, err := NewUmem(UmemConfig{
		Size: size, FrameSize: c.FrameSize,
		HugePages: c.HugePages, TxMetadata: c.TxMetadata, SoftwareChecksum: c.SoftwareChecksum,
	})
	for i := range configs {
		configs[i].Umem = u
	}
	return u, err
}

// groupConfigs returns the configuration of each queue to open on an interface that has the queues of ch.
func groupConfigs(base Config, queues []uint32, ch channels) []Config {
	if queues == nil {
		n := ch.rx
		if base.Direction == TransmitOnly {
			n = ch.tx
		}
		for i := range n {
			queues = append(queues, uint32(i))
		}
	}
	configs := make([]Config, 0, len(queues))
	for _, i := range queues {
		c := base
		c.Queue = i
		receives, transmits := int(i) < ch.rx, int(i) < ch.tx
		switch {
		case c.Direction != Both || receives == transmits:
		case receives:
			c.Direction = ReceiveOnly
		default:
			c.Direction = TransmitOnly
		}
		configs = append(configs, c)
	}
	return configs
}

// Queues returns the queues in the order they were asked for, or by number. The slice must not be changed.
func (g *Group) Queues() []*Queue { return g.queues }

// Info returns what each queue obtained, in the order of Queues.
func (g *Group) Info() []Info {
	infos := make([]Info, len(g.queues))
	for i, q := range g.queues {
		infos[i] = q.Info()
	}
	return infos
}

// Stats returns the sum of the kernel's counters over the queues.
func (g *Group) Stats() (Stats, error) {
	var sum Stats
	for _, q := range g.queues {
		s, err := q.Stats()
		if err != nil {
			return Stats{}, err
		}
		sum.Add(s)
	}
	return sum, nil
}

// Counters returns the sums of the owners' counters over the queues, as of their last batches. It makes no system call.
func (g *Group) Counters() (tx TxCounters, rx RxCounters) {
	for _, q := range g.queues {
		if q.tx != nil {
			tx.Add(q.tx.Counters())
		}
		if q.rx != nil {
			rx.Add(q.rx.Counters())
		}
	}
	return tx, rx
}

// Close closes every queue, after their goroutines have stopped. Further calls do nothing and return nil.
func (g *Group) Close() error {
	var errs []error
	for _, q := range g.queues {
		errs = append(errs, q.Close())
	}
	if g.umem != nil {
		errs = append(errs, g.umem.Close())
	}
	errs = append(errs, g.tuning.undo())
	g.tuning = nil
	return errors.Join(errs...)
}
