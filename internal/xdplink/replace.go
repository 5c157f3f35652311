package xdplink

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// takeOff removes a program of another owner from the interface.
//
// One that was attached by netlink is taken off by netlink. The kernel answers EBUSY to that where a bpf_link holds
// the program, and the link must be found and told to let go.
func takeOff(dev netlink.Link, foreign *ForeignProgramError) error {
	flags, ok := map[uint32]int{
		nl.XDP_ATTACHED_DRV: unix.XDP_FLAGS_DRV_MODE,
		nl.XDP_ATTACHED_SKB: unix.XDP_FLAGS_SKB_MODE,
		nl.XDP_ATTACHED_HW:  unix.XDP_FLAGS_HW_MODE,
	}[dev.Attrs().Xdp.AttachMode]
	if !ok {
		return errors.New("there are programs in several modes: take them off with ip link")
	}
	err := netlink.LinkSetXdpFdWithFlags(dev, -1, flags)
	if errors.Is(err, unix.EBUSY) {
		return detachLink(uint32(dev.Attrs().Index), ebpf.ProgramID(foreign.ID))
	}
	return err
}

// detachLink detaches the only bpf_link of this program and interface. A link does not tell its network namespace: where
// several match, one of them is that of an interface of the same number elsewhere, and none is touched.
func detachLink(ifindex uint32, prog ebpf.ProgramID) error {
	found, err := findLinks(ifindex, prog)
	defer func() {
		for _, l := range found {
			_ = l.Close() // it is the owner's: this closes our handle of it
		}
	}()
	switch {
	case err != nil:
		return err
	case len(found) == 0:
		return errors.New("it is held by a bpf_link that the kernel does not show")
	case len(found) > 1:
		return fmt.Errorf("%d bpf_links of this program have interface index %d, in different network namespaces", len(found), ifindex)
	}
	return found[0].Detach()
}

func findLinks(ifindex uint32, prog ebpf.ProgramID) (found []link.Link, err error) {
	it := new(link.Iterator)
	defer it.Close()
	for it.Next() {
		info, err := it.Link.Info()
		if err != nil {
			continue // gone meanwhile, or of a kind that does not tell
		}
		if xdp := info.XDP(); xdp != nil && xdp.Ifindex == ifindex && info.Program == prog {
			found = append(found, it.Take())
		}
	}
	return found, it.Err()
}
