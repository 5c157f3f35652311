package bpf

import (
	"errors"
	"fmt"
	"os"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Limits of what emit can send.
const (
	EmitEntries   = 8192 // frames of one call, at most
	EmitFrameSize = 96   // bytes of the longest frame
	minFrameSize  = 60   // bytes of the shortest Ethernet frame, without its check sequence
)

// EmitConfig has steer send frames as well. It cannot be changed once the program is loaded.
type EmitConfig struct {
	Ifindex     int  // of the interface to send by: the one that steer is attached to
	Loops       int  // threads that send; at least 1
	FrameSize   int  // bytes of every frame, 60 to EmitFrameSize
	IPv4Offset  int  // of the IPv4 header, which has no options and is followed by TCP: 14, or 18 with a VLAN tag
	MACPerEntry bool // each entry has a destination of its own on the link
}

// ErrNoEmit is what the error of LoadSteer and Emit wraps where the kernel, or what it allows this process, is not
// enough to send live XDP frames.
var ErrNoEmit = errors.New("live XDP frames are not available")

func (cfg *EmitConfig) check() error {
	switch {
	case cfg.Loops < 1:
		return fmt.Errorf("%w: %d sending threads", ErrConfig, cfg.Loops)
	case cfg.FrameSize < minFrameSize || cfg.FrameSize > EmitFrameSize:
		return fmt.Errorf("%w: frames of %d bytes, not %d to %d", ErrConfig, cfg.FrameSize, minFrameSize, EmitFrameSize)
	case cfg.IPv4Offset < 14 || cfg.IPv4Offset+40 > cfg.FrameSize:
		return fmt.Errorf("%w: IPv4 header at offset %d of frames of %d bytes", ErrConfig, cfg.IPv4Offset, cfg.FrameSize)
	}
	return nil
}

// noLoop is in the place of a CPU that has no loop.
const noLoop = ^uint32(0)

// apply sets up steer to emit.
func (cfg *EmitConfig) apply(spec *ebpf.CollectionSpec, vars *steerVariableSpecs) error {
	lo, err := loopback()
	if err != nil {
		return err
	}
	if cfg.Ifindex == lo {
		return fmt.Errorf("%w: frames cannot be sent by the loopback device", ErrConfig)
	}
	cpus, err := ebpf.PossibleCPU()
	if err != nil {
		return err
	}
	spec.Maps[steerMapLoops].MaxEntries = uint32(cfg.Loops)
	loopOf := spec.Maps[steerMapLoopOf]
	loopOf.MaxEntries = uint32(cpus)
	for cpu := range cpus {
		loopOf.Contents = append(loopOf.Contents, ebpf.MapKV{Key: uint32(cpu), Value: noLoop})
	}
	return errors.Join(
		vars.EmitFrom.Set(uint32(lo)),
		vars.FrameLen.Set(uint32(cfg.FrameSize)),
		vars.IpOffset.Set(uint32(cfg.IPv4Offset)),
		vars.MacPerEntry.Set(flag(cfg.MACPerEntry)),
	)
}

// loopback is the index of the loopback device in the network namespace of the calling thread.
func loopback() (int, error) {
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return 0, fmt.Errorf("look up the loopback device: %w", err)
	}
	return lo.Attrs().Index, nil
}

// emit is what steer needs to send, besides itself.
type emit struct {
	watch emitwatchObjects
	links []link.Link
	memory
	loops []*EmitLoop
}

// Emit opens the loops of a Steer that was loaded to send, in the network namespace of the calling thread, which is that
// of the interface. The Steer must be attached to it, or each call would take some 20 ms: see bpf/src/steer.c. The loops
// are closed by Close.
//
// It needs CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON. The error wraps ErrNoEmit where a capability is missing, the kernel
// is older than 5.18, or it has no BTF (CONFIG_DEBUG_INFO_BTF).
func (s *Steer) Emit() ([]*EmitLoop, error) {
	if s.cfg.Emit == nil {
		return nil, errors.New("emit: the program was not loaded to send")
	}
	if s.link == nil {
		return nil, errors.New("emit: the program is not attached")
	}
	if s.emit != nil {
		return s.emit.loops, nil
	}
	s.emit = new(emit)
	if err := s.openEmit(); err != nil {
		return nil, errors.Join(err, s.closeEmit())
	}
	return s.emit.loops, nil
}

func (s *Steer) openEmit() error {
	cfg := s.cfg.Emit
	if err := s.objects.Wire.Put(uint32(0), uint32(cfg.Ifindex)); err != nil {
		return fmt.Errorf("emit: device map: %w", err)
	}
	if err := s.watchEmit(); err != nil {
		return fmt.Errorf("emit: %w: tracing programs, which tell of frames that the driver refuses: %w", ErrNoEmit, err)
	}
	if err := s.emit.mapLoops(s.objects.Loops, cfg.Loops); err != nil {
		return fmt.Errorf("emit: %w", err)
	}
	for i := range cfg.Loops {
		s.emit.loops = append(s.emit.loops, newEmitLoop(s, i))
	}
	return s.tryEmit()
}

// watchEmit loads and attaches the tracing programs.
func (s *Steer) watchEmit() error {
	spec, err := loadEmitwatch()
	if err != nil {
		return err
	}
	info, err := s.objects.Steer.Info()
	if err != nil {
		return err
	}
	id, _ := info.ID()
	netns, err := netnsInode()
	if err != nil {
		return err
	}
	var lo uint32 // as steer has it
	if err := s.objects.EmitFrom.Get(&lo); err != nil {
		return err
	}
	var vars emitwatchVariableSpecs
	if err := spec.Assign(&vars); err != nil {
		return err
	}
	err = errors.Join(vars.Emitter.Set(uint32(id)), vars.Netns.Set(netns), vars.EmitFrom.Set(lo),
		vars.Device.Set(uint32(s.cfg.Emit.Ifindex)))
	if err != nil {
		return err
	}
	for name, m := range map[string]*ebpf.Map{emitwatchMapLoops: s.objects.Loops, emitwatchMapLoopOf: s.objects.LoopOf} {
		spec.Maps[name].MaxEntries = m.MaxEntries()
	}
	err = spec.LoadAndAssign(&s.emit.watch, &ebpf.CollectionOptions{MapReplacements: map[string]*ebpf.Map{
		emitwatchMapLoops: s.objects.Loops, emitwatchMapLoopOf: s.objects.LoopOf,
	}})
	if err != nil {
		return err
	}
	for _, prog := range []*ebpf.Program{s.emit.watch.OnXmit, s.emit.watch.OnRedirectErr} {
		l, err := link.AttachTracing(link.TracingOptions{Program: prog})
		if err != nil {
			return err
		}
		s.emit.links = append(s.emit.links, l)
	}
	return nil
}

// netnsInode tells the network namespace of the calling thread from others.
func netnsInode() (uint32, error) {
	var st unix.Stat_t
	if err := unix.Stat("/proc/thread-self/ns/net", &st); err != nil {
		return 0, &os.PathError{Op: "stat", Path: "/proc/thread-self/ns/net", Err: err}
	}
	return uint32(st.Ino), nil
}

// tryEmit makes a call that sends nothing.
func (s *Steer) tryEmit() error {
	errno := runLive(s.objects.Steer.FD(), s.emit.loops[0].blank[:s.cfg.Emit.FrameSize], 1, emitBatch)
	switch errno {
	case 0, unix.EINTR:
		return nil
	case unix.EINVAL:
		return fmt.Errorf("emit: %w: a kernel of Linux 5.18 or newer is needed (BPF_F_TEST_XDP_LIVE_FRAMES)", ErrNoEmit)
	}
	return fmt.Errorf("emit: %w: run program on live frames: %w", ErrNoEmit, errno)
}

func (s *Steer) closeEmit() error {
	if s.emit == nil {
		return nil
	}
	var errs []error
	for _, l := range s.emit.links {
		errs = append(errs, l.Close())
	}
	errs = append(errs, s.emit.watch.Close(), s.emit.unmap())
	s.emit = nil
	return errors.Join(errs...)
}
