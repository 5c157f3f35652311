package lab

import (
	"errors"
	"fmt"
	"sync"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
)

// Simulation is a running simulated world: an XDP program on the world's interface. Its methods may be called
// concurrently.
//
// The program answers SYNs to the simulated network, checks the RSTs that come back, and drops both. Everything else
// goes on to the world's kernel: ARP, and all traffic of the world's own address 198.18.0.2, where a test may have
// real servers.
type Simulation struct {
	lab     *Lab
	cfg     SimConfig
	truth   truth
	program *worldProgram
	forger  forger

	attached link.Link
	closing  sync.Once
	closeErr error
}

// Simulate starts a simulated world, which ends when it or the Lab is closed. One world at a time can have the
// interface; a second is refused with EBUSY.
//
// The answers reach the scanner's kernel whether or not there is an XDP program on the scanner's interface.
func (l *Lab) Simulate(cfg SimConfig) (*Simulation, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("simulate world: %w", err)
	}
	s := &Simulation{lab: l, cfg: cfg, truth: newTruth(&cfg)}
	if s.program, err = loadProgram(&cfg, &s.truth); err != nil {
		return nil, fmt.Errorf("simulate world: %w", err)
	}
	if err := s.attach(); err != nil {
		return nil, errors.Join(fmt.Errorf("simulate world: %w", err), s.Close())
	}
	if err := l.adopt(s); err != nil {
		return nil, err
	}
	return s, nil
}

// attach points the program's way out at the interface, then lets frames in.
func (s *Simulation) attach() error {
	world := s.lab.World
	// A device map takes an index of the namespace it is updated in.
	if err := world.Do(func() error { return s.program.setInterface(world.ifindex) }); err != nil {
		return err
	}
	var err error
	s.attached, err = attachNative(world, s.program.objects.World)
	return err
}

// Close takes the world off the interface, after the end of a flood that [Simulation.Forge] may be sending. A second
// Close does nothing.
func (s *Simulation) Close() error {
	s.closing.Do(func() {
		var errs []error
		if s.attached != nil {
			errs = append(errs, s.attached.Close())
		}
		errs = append(errs, s.forger.close(), s.program.objects.Close())
		s.closeErr = errors.Join(errs...)
	})
	return s.closeErr
}

// worldProgram is the loaded program with its maps, not yet attached to anything.
type worldProgram struct {
	objects worldObjects
	cpus    int

	windows  *ebpf.Memory
	coverage *ebpf.Memory
}

// loadProgram loads the program for a checked configuration.
func loadProgram(cfg *SimConfig, t *truth) (*worldProgram, error) {
	cpus, err := ebpf.PossibleCPU()
	if err != nil {
		return nil, fmt.Errorf("count CPUs: %w", err)
	}
	spec, err := loadWorld()
	if err != nil {
		return nil, err
	}
	p := &worldProgram{cpus: cpus}
	spec.Maps[worldMapWindows].MaxEntries = uint32(cpus) * windowsPerCPU
	spec.Maps[worldMapEcho].MaxEntries = uint32(1 + cfg.DuplicateCopies)
	spec.Maps[worldMapAccepted].MaxEntries = uint32(cfg.MaxConnections)
	if len(cfg.CoveragePorts) > 0 {
		spec.Maps[worldMapCoverage].MaxEntries = uint32(cfg.addresses())
	}
	for name, value := range constants(cfg, t) {
		if err := spec.Variables[name].Set(value); err != nil {
			return nil, fmt.Errorf("set %s: %w", name, err)
		}
	}
	if err := spec.LoadAndAssign(&p.objects, nil); err != nil {
		return nil, fmt.Errorf("load XDP program: %w", err)
	}
	if err := p.prepare(cfg.CoveragePorts); err != nil {
		return nil, errors.Join(err, p.objects.Close())
	}
	return p, nil
}

// constants are the program's configuration, by the names they have in bpf/*.h and bpf/world.c.
func constants(cfg *SimConfig, t *truth) map[string]any {
	duplicate := below(cfg.Duplicate)
	return map[string]any{
		worldVarMixedKey:         t.mixedKey,
		worldVarOpenBelow:        t.openBelow,
		worldVarClosedBelow:      t.closedBelow,
		worldVarUnreachableBelow: t.unreachableBelow,
		worldVarNetwork:          t.network,
		worldVarNetworkMask:      t.mask,
		worldVarScannerAddr:      ScannerAddr,
		worldVarWorldAddr:        WorldAddr,
		worldVarSkipChecksums:    flag(cfg.SkipChecksums),
		worldVarDropAll:          flag(cfg.Drop),
		worldVarLossBelow:        below(cfg.Loss),
		worldVarWrongAckBelow:    below(cfg.WrongAck),
		worldVarDuplicateBelow:   duplicate,
		worldVarCopies:           uint32(cfg.DuplicateCopies),
		worldVarWindowsPerCpu:    uint32(windowsPerCPU),
		worldVarCoarseClock:      flag(cfg.CoarseClock),
		worldVarCovering:         flag(len(cfg.CoveragePorts) > 0),
	}
}

func flag(on bool) uint32 {
	if on {
		return 1
	}
	return 0
}

// prepare maps what is read without system calls and lists the ports of the coverage.
func (p *worldProgram) prepare(coveragePorts []uint16) error {
	var err error
	if p.windows, err = p.objects.Windows.Memory(); err != nil {
		return fmt.Errorf("map arrival windows: %w", err)
	}
	if p.coverage, err = p.objects.Coverage.Memory(); err != nil {
		return fmt.Errorf("map coverage: %w", err)
	}
	bits, err := coverageBits(coveragePorts)
	if err != nil {
		return err
	}
	if err := p.objects.CoverageBit.Set(bits); err != nil {
		return fmt.Errorf("set coverage ports: %w", err)
	}
	return nil
}

// setInterface tells the program where answers go. It must run in the interface's namespace.
func (p *worldProgram) setInterface(ifindex int) error {
	if err := p.objects.Wire.Put(uint32(0), uint32(ifindex)); err != nil {
		return fmt.Errorf("add interface to device map: %w", err)
	}
	for i := range p.objects.Echo.MaxEntries() {
		if err := p.objects.Echo.Put(i, uint32(ifindex)); err != nil {
			return fmt.Errorf("add interface to device map: %w", err)
		}
	}
	return nil
}
