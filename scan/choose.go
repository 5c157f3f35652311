package scan

import (
	"errors"
	"fmt"

	"github.com/xsweep/xsweep/bpf"
	"github.com/xsweep/xsweep/xsk"
)

// copyModeRate is what AF_XDP sends in copy mode on any machine, by one sender, in packets per second. Below it live
// frames have nothing to offer.
const copyModeRate = 500e3

// mayEmit tells whether engine xdp may be the one.
func (s *Scan) mayEmit() bool {
	switch s.cfg.Engine {
	case EngineXDP:
		return true
	case EngineXSK:
		return false
	}
	return s.cfg.Bind != xsk.BindZeroCopy && (s.cfg.Rate == 0 || s.cfg.Rate > copyModeRate)
}

// loadSteer loads the program with what engine xdp needs, where that may be the one. What keeps auto from it is no
// error, but why it is not.
func (s *Scan) loadSteer(sockets int) (err error) {
	cfg := &s.cfg
	steer := bpf.SteerConfig{
		Key0: cfg.Key[0], Key1: cfg.Key[1], Sources: cfg.Sources,
		PortFirst: cfg.SourcePorts.First, PortLast: cfg.SourcePorts.Last,
		Probes: cfg.Probes, Queues: sockets, PassInvalid: cfg.PassInvalid,
	}
	if s.mayEmit() {
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
func (s *Scan) chooseEngine() error {
	zeroCopy := s.group.Info()[0].ZeroCopy
	s.engine = EngineXSK
	switch {
	case s.cfg.Engine == EngineXSK:
		s.whyEngine = "as asked"
		return nil
	case s.cfg.Engine == EngineAuto && zeroCopy:
		s.whyEngine = "zero-copy"
		return nil
	case !s.mayEmit():
		s.whyEngine = "copy mode reaches the rate"
		return nil
	case s.whyEngine != "":
		return nil // the program did not load with it
	}
	if s.cfg.Engine == EngineAuto && s.attachment.Mode == bpf.ModeGeneric {
		// Many drivers make their queues for XDP frames when a program is attached in the driver.
		s.whyEngine = "not xdp: the program is attached in generic mode"
		return nil
	}
	err := s.openLoops()
	switch {
	case err == nil:
		s.engine, s.whyEngine = EngineXDP, "as asked"
		if s.cfg.Engine == EngineAuto {
			s.whyEngine = "faster than copy mode"
		}
		return nil
	case s.cfg.Engine == EngineAuto:
		s.whyEngine = fmt.Sprintf("not xdp: %v", err)
		return nil
	}
	return err
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
	switch {
	case errors.Is(err, errors.ErrUnsupported) && s.cfg.Engine == EngineXDP:
		return nil
	case err != nil:
		return fmt.Errorf("engine xdp on %s: %w", s.cfg.Interface, err)
	case features.XDP.Has(xsk.NdoXmit):
		return nil
	case features.Driver == "veth":
		return fmt.Errorf("engine xdp on %s: %w: veth sends XDP frames only to an end with an XDP program or GRO "+
			"(ethtool -K PEER gro on)", s.cfg.Interface, bpf.ErrNoEmit)
	}
	return fmt.Errorf("engine xdp on %s: %w: driver %s does not send XDP frames (it has: %v)", s.cfg.Interface,
		bpf.ErrNoEmit, features.Driver, features.XDP)
}
