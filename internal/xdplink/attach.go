package xdplink

import (
	"errors"
	"fmt"
	"os"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Options say how to attach.
type Options struct {
	Mode    Mode
	Replace bool // take the place of a program of another owner
}

// Attachment reports how a program is attached.
type Attachment struct {
	Mode      Mode                 // ModeNative or ModeGeneric
	NotNative error                // what the kernel said to native mode, if it was tried and refused
	Replaced  *ForeignProgramError // the program that was taken off to make room, if there was one
}

// Link holds a program to an interface, until it is closed or the process ends.
//
// It is a bare file descriptor on purpose. The ebpf package closes its links, as soon as nothing refers to them, from
// the garbage collector, and the kernel then detaches the program without a word, under sockets that still wait for
// its frames. A number is not collected.
type Link struct{ fd int }

// Attach puts the program on the interface by a bpf_link.
//
// It needs CAP_NET_ADMIN, in the network namespace of the calling thread. The error is a *ForeignProgramError where
// the interface has a program already; otherwise it wraps the errno: EOPNOTSUPP where the driver has no native mode,
// ENOSPC where veth has fewer receive queues than its peer has transmit queues.
func Attach(prog *ebpf.Program, ifindex int, opts Options) (*Link, Attachment, error) {
	dev, err := netlink.LinkByIndex(ifindex)
	if err != nil {
		return nil, Attachment{}, fmt.Errorf("look up interface %d: %w", ifindex, err)
	}
	name, foreign := dev.Attrs().Name, foreignProgram(dev)
	if foreign != nil {
		if !opts.Replace {
			return nil, Attachment{}, foreign
		}
		if err := takeOff(dev, foreign); err != nil {
			return nil, Attachment{}, fmt.Errorf("take XDP program %s off %s: %w", foreign.program(), name, err)
		}
	}
	l, a, err := attach(prog, ifindex, opts.Mode)
	if err != nil && foreign != nil {
		err = fmt.Errorf("%w; the program that was there, %s, has been taken off", err, foreign.program())
	}
	if err != nil {
		return nil, Attachment{}, fmt.Errorf("attach XDP program to %s: %w", name, err)
	}
	a.Replaced = foreign
	return l, a, nil
}

func attach(prog *ebpf.Program, ifindex int, mode Mode) (*Link, Attachment, error) {
	a := Attachment{Mode: ModeNative}
	if mode != ModeGeneric {
		l, err := attachAs(prog, ifindex, link.XDPDriverMode)
		if err == nil {
			return l, a, nil
		}
		if mode == ModeNative {
			return nil, Attachment{}, fmt.Errorf("native mode: %w", err)
		}
		a.NotNative = err
	}
	l, err := attachAs(prog, ifindex, link.XDPGenericMode)
	if err != nil {
		return nil, Attachment{}, fmt.Errorf("generic mode: %w", err)
	}
	a.Mode = ModeGeneric
	return l, a, nil
}

func attachAs(prog *ebpf.Program, ifindex int, flags link.XDPAttachFlags) (*Link, error) {
	raw, err := link.AttachRawLink(link.RawLinkOptions{
		Target:  ifindex,
		Program: prog,
		Attach:  ebpf.AttachXDP,
		Flags:   uint32(flags),
	})
	if err != nil {
		return nil, err
	}
	fd, err := unix.FcntlInt(uintptr(raw.FD()), unix.F_DUPFD_CLOEXEC, 0)
	if err := errors.Join(os.NewSyscallError("fcntl", err), raw.Close()); err != nil {
		return nil, err
	}
	return &Link{fd: fd}, nil
}

// Close takes the program off the interface. Close only once.
func (l *Link) Close() error {
	return os.NewSyscallError("close", unix.Close(l.fd))
}
