package xdplink

import (
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/vishvananda/netlink"
)

// Present returns the program that is attached to the interface, or nil, and changes nothing. The program's name is empty
// without CAP_BPF.
func Present(ifindex int) (*ForeignProgramError, error) {
	dev, err := netlink.LinkByIndex(ifindex)
	if err != nil {
		return nil, fmt.Errorf("look up interface %d: %w", ifindex, err)
	}
	return foreignProgram(dev), nil
}

// HeldByLink reports whether a bpf_link holds the program to the interface: then only its owner can take it off. It needs
// CAP_SYS_ADMIN.
func (e *ForeignProgramError) HeldByLink(ifindex int) (bool, error) {
	links, err := findLinks(uint32(ifindex), ebpf.ProgramID(e.ID))
	for _, l := range links {
		_ = l.Close() // it is the owner's: this closes our handle of it
	}
	return len(links) > 0, err
}
