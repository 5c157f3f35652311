package lab

import (
	"fmt"
	"io"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
	"github.com/vishvananda/netlink"
)

// XDPAttached reports whether an XDP program of any mode is attached to the host's interface, and its id.
func (h *Host) XDPAttached() (progID uint32, ok bool, err error) {
	err = h.Do(func() error {
		l, err := netlink.LinkByIndex(h.ifindex)
		if err != nil {
			return err
		}
		if xdp := l.Attrs().Xdp; xdp != nil && xdp.Attached {
			progID, ok = xdp.ProgId, true
		}
		return nil
	})
	if err != nil {
		return 0, false, fmt.Errorf("look for XDP program on %s: %w", h.name, err)
	}
	return progID, ok, nil
}

// AttachPass attaches a native XDP program that lets every frame pass, until the result or the Lab is closed. veth delivers
// XDP_TX and live frames best to an end that has such a program.
func (l *Lab) AttachPass(h *Host) (io.Closer, error) {
	return l.attachVerdict(h, "lab_pass", xdpPass)
}

// attachVerdict attaches a native XDP program that says the same of every frame.
func (l *Lab) attachVerdict(h *Host, name string, verdict int32) (io.Closer, error) {
	prog, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Name:         name,
		Type:         ebpf.XDP,
		License:      "MIT",
		Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, verdict), asm.Return()},
	})
	if err != nil {
		return nil, fmt.Errorf("load XDP program: %w", err)
	}
	defer prog.Close() // the link keeps it
	attached, err := attachNative(h, prog)
	if err != nil {
		return nil, err
	}
	if err := l.adopt(attached); err != nil {
		return nil, err
	}
	return attached, nil
}

const xdpPass = 2 // XDP_PASS of linux/bpf.h

// attachNative attaches prog to the host's interface by a bpf_link, which detaches when it is closed or the process ends.
func attachNative(h *Host, prog *ebpf.Program) (link.Link, error) {
	var attached link.Link
	err := h.Do(func() error {
		var err error
		attached, err = link.AttachXDP(link.XDPOptions{
			Program:   prog,
			Interface: h.ifindex,
			Flags:     link.XDPDriverMode,
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("attach XDP program to %s: %w", h.name, err)
	}
	return attached, nil
}
