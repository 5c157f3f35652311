package xdplink

import (
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/vishvananda/netlink"
)

// A ForeignProgramError says that the interface has an XDP program that is not ours.
type ForeignProgramError struct {
	Interface string
	ID        uint32 // as bpftool prog shows it; 0 where several are attached, one in each mode
	Name      string // may be empty
}

func (e *ForeignProgramError) Error() string {
	return fmt.Sprintf("interface %s has an XDP program of another owner: %s", e.Interface, e.program())
}

func (e *ForeignProgramError) program() string { return fmt.Sprintf("id %d, name %q", e.ID, e.Name) }

// foreignProgram returns what is attached to the interface, or nil.
func foreignProgram(dev netlink.Link) *ForeignProgramError {
	xdp := dev.Attrs().Xdp
	if xdp == nil || !xdp.Attached {
		return nil
	}
	return &ForeignProgramError{Interface: dev.Attrs().Name, ID: xdp.ProgId, Name: programName(xdp.ProgId)}
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
