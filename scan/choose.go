package scan

import (
	"errors"
	"fmt"

	"github.com/xsweep/xsweep/bpf"
	"github.com/xsweep/xsweep/xsk"
)

// CopyModeRate is what AF_XDP sends in copy mode on any machine, by one sender, in packets per second. Below it live
// frames have nothing to offer.
const CopyModeRate = 500e3

// mayEmit tells whether engine xdp may be the one.
func (cfg *Config) mayEmit() bool {
	switch cfg.Engine {
	case EngineXDP:
		return true
	case EngineXSK:
		return false
	}
	return cfg.Bind != xsk.BindZeroCopy && (cfg.Rate == 0 || cfg.Rate > CopyModeRate)
}

// loadSteer loads the program with what engine xdp needs, where that may be the one. What keeps auto from it is no
// error, but why it is not.
func (s *Scan) loadSteer(sockets int) (err error) {
	cfg := &s.cfg
	steer := bpf.SteerConfig{
		Key0: cfg.Key[0], Key1: cfg.Key[1], Sources: cfg.Sources,
		PortFirst: cfg.SourcePorts.First, PortLast: cfg.SourcePorts.Last,
		Probes: cfg.Probes, Queues: sockets, PassInvalid: cfg.PassInvalid,
		PassSYNACKs: cfg.Reset == ResetKernel,
	}
	if cfg.mayEmit() {
		cores := len(distinctCores(cfg.Cores))
		steer.Emit = s.emitConfig(s.sendersUpTo(cores, cores, xdpSenderRate))
		if s.steer, err = bpf.LoadSteer(steer); err == nil || cfg.Engine == EngineXDP {
			return err
		}
		s.whyEngine = fmt.Sprintf("not xdp: %v", err)
		steer.Emit = nil
	}
	s.steer, err = bpf.LoadSteer(steer)
	return err
}

// chooseEngine decides, once the sockets are open.
func (s *Scan) chooseEngine() (err error) {
	s.engine, s.whyEngine, err = s.cfg.choose(outlook{
		zeroCopy: s.group.Info()[0].ZeroCopy, mode: s.attachment.Mode, notLoaded: s.whyEngine, open: s.openLoops,
	})
	return err
}

// outlook is what the choice goes by.
type outlook struct {
	zeroCopy  bool
	mode      bpf.Mode     // in which the program is attached
	notLoaded string       // why the program did not load with what engine xdp needs
	open      func() error // opens what engine xdp needs besides, if it comes to that
}

// choose returns the engine and the reason. The error is that of engine xdp, where it was asked for.
func (cfg *Config) choose(o outlook) (engine Engine, why string, err error) {
	switch {
	case cfg.Engine == EngineXSK:
		return EngineXSK, "as asked", nil
	case cfg.Engine == EngineAuto && o.zeroCopy:
		return EngineXSK, "zero-copy", nil
	case !cfg.mayEmit():
		return EngineXSK, "copy mode reaches the rate", nil
	case o.notLoaded != "":
		return EngineXSK, o.notLoaded, nil
	case cfg.Engine == EngineAuto && o.mode == bpf.ModeGeneric:
		// Many drivers make their queues for XDP frames when a program is attached in the driver.
		return EngineXSK, "not xdp: the program is attached in generic mode", nil
	}
	err = o.open()
	switch {
	case err == nil && cfg.Engine == EngineAuto:
		return EngineXDP, "faster than copy mode", nil
	case err == nil:
		return EngineXDP, "as asked", nil
	case cfg.Engine == EngineAuto:
		return EngineXSK, fmt.Sprintf("not xdp: %v", err), nil
	}
	return EngineXSK, "", err
}

// openLoops opens what the senders of engine xdp use, if the device can send live frames.
func (s *Scan) openLoops() error {
	if err := s.canEmit(); err != nil {
		return err
	}
	loops, err := s.steer.Emit()
	if err != nil {
		return fmt.Errorf("engine xdp on %s: %w", s.cfg.Interface, err)
	}
	s.loops = loops[:min(len(loops), len(s.transmit), len(emitCores(s.cfg.Cores, len(s.transmit))))]
	return nil
}

// canEmit asks the driver. One that does not tell, on a kernel before 6.3, is tried where that is asked for.
func (s *Scan) canEmit() error {
	features, err := xsk.DeviceFeatures(s.cfg.Ifindex)
	if errors.Is(err, errors.ErrUnsupported) && s.cfg.Engine == EngineXDP {
		return nil
	}
	return s.cfg.canEmit(features, err)
}

// canEmit judges what the driver says of itself, or that it could not be asked.
func (cfg *Config) canEmit(features xsk.Features, err error) error {
	switch {
	case err != nil:
		return fmt.Errorf("engine xdp on %s: %w", cfg.Interface, err)
	case features.XDP.Has(xsk.NdoXmit):
		return nil
	case features.Driver == "veth":
		return fmt.Errorf("engine xdp on %s: %w: veth sends XDP frames only to an end with an XDP program or GRO "+
			"(ethtool -K PEER gro on)", cfg.Interface, bpf.ErrNoEmit)
	}
	return fmt.Errorf("engine xdp on %s: %w: driver %s does not send XDP frames (it has: %v)", cfg.Interface,
		bpf.ErrNoEmit, features.Driver, features.XDP)
}
