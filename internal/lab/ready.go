package lab

import (
	"errors"
	"fmt"
	"io"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/vishvananda/netlink"
)

// KeepReady attaches an XDP program to an interface that never receives anything, so that it can be run on live frames at
// any time: the kernel calls XDP programs by a table of those in use, and takes a program that is in none into it for each
// BPF_PROG_RUN and out again, which is 25 ms of waiting, under a lock that other such calls wait for.
//
// The interface is an end of a veth pair that is made for it in the host's namespace, with both ends there and down. It is
// gone when the result is closed.
func (h *Host) KeepReady(prog *ebpf.Program) (io.Closer, error) {
	info, err := prog.Info()
	if err != nil {
		return nil, fmt.Errorf("look up XDP program: %w", err)
	}
	id, _ := info.ID()
	r := &ready{host: h, name: fmt.Sprintf("run%d", id)}
	if err := h.Do(func() error { return r.attach(prog) }); err != nil {
		return nil, fmt.Errorf("attach XDP program to %s: %w", r.name, errors.Join(err, r.Close()))
	}
	return r, nil
}

// ready is a program that is attached for the sake of it.
type ready struct {
	host     *Host
	name     string // of the interface
	attached link.Link
}

// attach makes the interface, in the namespace of the calling thread.
func (r *ready) attach(prog *ebpf.Program) error {
	attrs := netlink.NewLinkAttrs()
	attrs.Name = r.name
	veth := netlink.NewVeth(attrs)
	veth.PeerName = r.name + "p"
	if err := netlink.LinkAdd(veth); err != nil {
		return fmt.Errorf("create veth pair: %w", err)
	}
	made, err := netlink.LinkByName(r.name)
	if err != nil {
		return err
	}
	r.attached, err = link.AttachXDP(link.XDPOptions{
		Program:   prog,
		Interface: made.Attrs().Index,
		Flags:     link.XDPDriverMode,
	})
	return err
}

func (r *ready) Close() error {
	var err error
	if r.attached != nil {
		err = r.attached.Close()
	}
	return errors.Join(err, r.host.Do(func() error { return removeLink(r.name) }))
}
