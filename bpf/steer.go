package bpf

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/internal/xdplink"
)

// MaxSources is the number of source addresses that one Steer can tell apart.
const MaxSources = 4096

// ErrConfig is what the error of LoadSteer wraps for a SteerConfig that makes no sense.
var ErrConfig = errors.New("invalid configuration")

// SteerConfig says which packets are answers. It cannot be changed once the program is loaded.
type SteerConfig struct {
	Key0, Key1  uint64   // SipHash key of the cookie; secret, new for every scan
	Sources     []uint32 // our addresses, host order; 1 to MaxSources
	PortFirst   uint16   // first source port
	PortLast    uint16   // last source port, not below the first
	Probes      int      // probes per target, each from the next source port; 0 means 1; at most the number of ports
	Queues      int      // sockets there can be: receive queues of the device; 0 means 64
	PassInvalid bool     // pass answers with a wrong cookie to the host's stack instead of dropping them
	PassSYNACKs bool     // pass true SYN-ACKs to the host's stack, and copies of them to Steer.Heads

	Emit *EmitConfig // to send as well; nil to receive only
}

func (cfg *SteerConfig) check() error {
	ports := int(cfg.PortLast) - int(cfg.PortFirst) + 1
	switch {
	case len(cfg.Sources) == 0 || len(cfg.Sources) > MaxSources:
		return fmt.Errorf("%w: %d source addresses, not 1 to %d", ErrConfig, len(cfg.Sources), MaxSources)
	case ports < 1:
		return fmt.Errorf("%w: source ports %d-%d", ErrConfig, cfg.PortFirst, cfg.PortLast)
	case cfg.Probes < 0 || cfg.Probes > ports:
		return fmt.Errorf("%w: %d probes per target from %d source ports", ErrConfig, cfg.Probes, ports)
	case cfg.Queues < 0:
		return fmt.Errorf("%w: %d queues", ErrConfig, cfg.Queues)
	}
	if cfg.Emit != nil {
		return cfg.Emit.check()
	}
	return nil
}

// Steer is the loaded receive program. Its methods may be called concurrently, Close aside.
type Steer struct {
	cfg     SteerConfig
	objects steerObjects
	emit    *emit         // nil before Emit
	link    *xdplink.Link // nil while it is not attached
}

// LoadSteer loads the program into the kernel, attached to nothing yet.
//
// It needs CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON (Linux 5.8; CAP_SYS_ADMIN before): the last for the verifier, which else
// refuses to move a packet pointer by what is not a constant. The error wraps ErrConfig, or the errno of bpf(2): EPERM
// without the capabilities, EACCES without CAP_PERFMON.
func LoadSteer(cfg SteerConfig) (*Steer, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("load steer: %w", err)
	}
	spec, err := loadSteer()
	if err != nil {
		return nil, err
	}
	if err := cfg.apply(spec); err != nil {
		return nil, fmt.Errorf("set up steer: %w", err)
	}
	s := &Steer{cfg: cfg}
	err = spec.LoadAndAssign(&s.objects, nil)
	if errors.Is(err, unix.EINVAL) {
		// Kernels before 5.18 do not know programs that accept frames in several buffers.
		spec.Programs[steerProgSteer].Flags &^= unix.BPF_F_XDP_HAS_FRAGS
		err = spec.LoadAndAssign(&s.objects, nil)
	}
	if err != nil {
		return nil, fmt.Errorf("load steer: %w", err)
	}
	if err := s.addSources(cfg.Sources); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (cfg *SteerConfig) apply(spec *ebpf.CollectionSpec) error {
	var vars steerVariableSpecs
	if err := spec.Assign(&vars); err != nil {
		return err
	}
	var only uint32
	if len(cfg.Sources) == 1 {
		only = cfg.Sources[0]
	}
	if cfg.PassSYNACKs {
		spec.Maps[steerMapHeads].MaxEntries = headsRing
	}
	if cfg.Queues > 0 {
		spec.Maps[steerMapSockets].MaxEntries = uint32(cfg.Queues)
	}
	if cfg.Emit != nil {
		if err := cfg.Emit.apply(spec, &vars); err != nil {
			return err
		}
	}
	return errors.Join(
		vars.Key0.Set(cfg.Key0),
		vars.Key1.Set(cfg.Key1),
		vars.OnlySource.Set(only),
		vars.PortFirst.Set(uint32(cfg.PortFirst)),
		vars.PortCount.Set(uint32(cfg.PortLast)-uint32(cfg.PortFirst)+1),
		vars.Probes.Set(uint32(max(cfg.Probes, 1))),
		vars.PassInvalid.Set(flag(cfg.PassInvalid)),
		vars.PassSynack.Set(flag(cfg.PassSYNACKs)),
	)
}

// flag is a bool as the program has it.
func flag(on bool) uint32 {
	if on {
		return 1
	}
	return 0
}

func (s *Steer) addSources(addrs []uint32) error {
	for _, addr := range addrs {
		if err := s.objects.Sources.Put(addr, uint8(1)); err != nil {
			return fmt.Errorf("add source address to steer: %w", err)
		}
	}
	return nil
}

// SetSocket makes fd, an AF_XDP socket bound to this queue, the receiver of the answers that come in by it. The
// socket may be replaced while the program runs. Answers on a queue without a socket go to the host's stack, counted.
func (s *Steer) SetSocket(queue uint32, fd int) error {
	if err := s.objects.Sockets.Put(queue, uint32(fd)); err != nil {
		return fmt.Errorf("set receiver of queue %d: %w", queue, err)
	}
	return nil
}

// Run passes one frame, as it came from the wire on queue 0, through the program without a device (BPF_PROG_TEST_RUN)
// and returns its XDP verdict. It is there to try the program; the counters count it. An AF_XDP socket that is to
// stand for the receiver need not be bound.
func (s *Steer) Run(frame []byte) (verdict uint32, err error) {
	verdict, _, err = s.objects.Steer.Test(frame)
	return verdict, err
}

// Close detaches the program, unless that has been done, and unloads it, with the loops of Emit. A second Close does nothing.
func (s *Steer) Close() error {
	return errors.Join(s.closeEmit(), s.Detach(), s.objects.Close())
}
