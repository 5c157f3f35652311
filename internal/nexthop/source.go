package nexthop

import (
	"errors"
	"fmt"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// chooseSource returns the source addresses of the scan: the given ones, else the one written in the route, else the
// one that the kernel prefers if the device has it, else the device's address beside the gateway, else its first.
//
// An address of another interface is not taken unless the route says so: the kernel lends one to a device that has
// none, but the answers would arrive there, not where the scan listens.
func chooseSource(k kernel, req Request, w *way) ([]uint32, error) {
	if len(req.Source) > 0 {
		return slices.Clone(req.Source), nil
	}
	if w.stated {
		return []uint32{w.source}, nil
	}
	own, err := addresses(k, w.link)
	if err != nil {
		return nil, err
	}
	if len(own) == 0 {
		return nil, &InterfaceError{Interface: w.link.Attrs().Name, Err: ErrNoAddress, Detail: masterOf(k, w.link)}
	}
	best := hostOrder(own[0].IP)
	for _, a := range own {
		if hostOrder(a.IP) == w.source {
			return []uint32{w.source}, nil
		}
	}
	for _, a := range own {
		if w.gateway.IsValid() && prefixOf(a.IPNet).Contains(w.gateway) {
			best = hostOrder(a.IP)
			break
		}
	}
	return []uint32{best}, nil
}

// addresses returns the IPv4 addresses of link, of every interface if it is nil, but those that are only for the
// host itself (127.0.0.1).
func addresses(k kernel, link netlink.Link) ([]netlink.Addr, error) {
	all, err := k.AddrList(link, netlink.FAMILY_V4)
	if err != nil && !errors.Is(err, netlink.ErrDumpInterrupted) {
		return nil, fmt.Errorf("list addresses: %w", err)
	}
	return slices.DeleteFunc(all, func(a netlink.Addr) bool { return a.Scope >= unix.RT_SCOPE_HOST }), nil
}

// masterOf names the bridge, bond or VRF that link belongs to, for it may be that one which has the address.
func masterOf(k kernel, link netlink.Link) string {
	if link.Attrs().MasterIndex == 0 {
		return ""
	}
	master, err := k.LinkByIndex(link.Attrs().MasterIndex)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("it belongs to %s", master.Attrs().Name)
}
