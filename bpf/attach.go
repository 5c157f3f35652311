package bpf

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/vishvananda/netlink"
)

// Mode is where in the kernel an XDP program runs.
type Mode uint8

// The modes. The zero Mode is ModeAuto.
const (
	ModeAuto    Mode = iota // native where the driver can, else generic
	ModeNative              // in the driver, before the kernel makes an skb of the frame
	ModeGeneric             // after that, on any driver, slower
)

var modeNames = [...]string{"auto", "native", "generic"}

// String returns the name that ParseMode takes.
func (m Mode) String() string {
	if int(m) < len(modeNames) {
		return modeNames[m]
	}
	return fmt.Sprintf("mode %d", m)
}

// ParseMode is the inverse of String: auto, native or generic.
func ParseMode(name string) (Mode, error) {
	for i, n := range modeNames {
		if n == name {
			return Mode(i), nil
		}
	}
	return 0, fmt.Errorf("XDP mode %q: not auto, native or generic", name)
}

// A ForeignProgramError says that the interface has an XDP program that is not ours. It is never displaced.
type ForeignProgramError struct {
	Interface string
	ID        uint32 // as bpftool prog shows it
	Name      string // may be empty
}

func (e *ForeignProgramError) Error() string {
	return fmt.Sprintf("interface %s has an XDP program of another owner: id %d, name %q", e.Interface, e.ID, e.Name)
}

// Attachment reports how a program is attached.
type Attachment struct {
	Mode      Mode  // ModeNative or ModeGeneric
	NotNative error // what the kernel said to native mode, if it was tried and refused
}

// Attach puts the program on the interface by a bpf_link, which the kernel removes when the process ends.
//
// It needs CAP_NET_ADMIN, in the network namespace of the calling thread. The error is a *ForeignProgramError where
// the interface has a program already; otherwise it wraps the errno: EOPNOTSUPP where the driver has no native mode,
// ENOSPC where veth has fewer receive queues than its peer has transmit queues. A Steer is attached to one interface.
func (s *Steer) Attach(ifindex int, mode Mode) (Attachment, error) {
	if s.link != nil {
		return Attachment{}, errors.New("attach steer: attached already")
	}
	name, err := refuseForeign(ifindex)
	if err != nil {
		return Attachment{}, err
	}
	l, a, err := attach(s.objects.Steer, ifindex, mode)
	if err != nil {
		return Attachment{}, fmt.Errorf("attach steer to %s: %w", name, err)
	}
	s.link = l
	return a, nil
}

// Detach takes the program off the interface; frames go to the stack from here on. Detaching twice does nothing.
func (s *Steer) Detach() error {
	if s.link == nil {
		return nil
	}
	err := s.link.Close()
	s.link = nil
	return err
}

func attach(prog *ebpf.Program, ifindex int, mode Mode) (link.Link, Attachment, error) {
	a := Attachment{Mode: ModeNative}
	if mode != ModeGeneric {
		l, err := link.AttachXDP(link.XDPOptions{Program: prog, Interface: ifindex, Flags: link.XDPDriverMode})
		if err == nil {
			return l, a, nil
		}
		if mode == ModeNative {
			return nil, Attachment{}, fmt.Errorf("native mode: %w", err)
		}
		a.NotNative = err
	}
	l, err := link.AttachXDP(link.XDPOptions{Program: prog, Interface: ifindex, Flags: link.XDPGenericMode})
	if err != nil {
		return nil, Attachment{}, fmt.Errorf("generic mode: %w", err)
	}
	a.Mode = ModeGeneric
	return l, a, nil
}

// refuseForeign returns the interface's name, or an error that names the XDP program it has.
func refuseForeign(ifindex int) (string, error) {
	dev, err := netlink.LinkByIndex(ifindex)
	if err != nil {
		return "", fmt.Errorf("look up interface %d: %w", ifindex, err)
	}
	name, xdp := dev.Attrs().Name, dev.Attrs().Xdp
	if xdp == nil || !xdp.Attached {
		return name, nil
	}
	return name, &ForeignProgramError{Interface: name, ID: xdp.ProgId, Name: programName(xdp.ProgId)}
}

// programName is empty where the kernel does not tell.
func programName(id uint32) string {
	prog, err := ebpf.NewProgramFromID(ebpf.ProgramID(id))
	if err != nil {
		return ""
	}
	defer prog.Close()
	info, err := prog.Info()
	if err != nil {
		return ""
	}
	return info.Name
}
