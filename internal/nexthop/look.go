package nexthop

import (
	"context"
	"fmt"

	"github.com/vishvananda/netlink"
)

// Look is Find that asks nobody: a gateway that the neighbour table does not hold has a NextHopMAC of zeros, and Learned
// says why. It sends nothing, changes nothing, and needs no privilege.
func Look(ctx context.Context, req Request) (*Path, error) {
	req.look = true
	return Find(ctx, req)
}

// Known reports whether the link-layer address of the gateway is known, or none is needed.
func (p *Path) Known() bool { return !p.HasGateway || p.NextHopMAC != [6]byte{} }

// known returns the gateway's entry in the neighbour table, or none.
func known(k kernel, w *way) (hop, error) {
	device := w.link.Attrs()
	n, err := k.neighbour(device.Index, w.gateway)
	switch {
	case err != nil:
		return hop{}, fmt.Errorf("gateway %v on %s: look up neighbour: %w", w.gateway, device.Name, err)
	case usable(&n):
		return hop{[6]byte(n.HardwareAddr), origin(&n, 0)}, nil
	case n.State&netlink.NUD_FAILED != 0:
		return hop{from: "it did not answer lately"}, nil
	}
	return hop{from: "nobody has asked lately"}, nil
}

// MACOf returns the link-layer address of a host on the link of an interface as the neighbour table has it now; ok is false
// where it has none. It asks nobody, needs no privilege, and works in the network namespace of the calling thread.
func MACOf(ifindex int, addr uint32) (mac [6]byte, ok bool, err error) {
	k, err := openKernel()
	if err != nil {
		return mac, false, err
	}
	defer k.close()
	n, err := k.neighbour(ifindex, addrOf(addr))
	if err != nil || !usable(&n) {
		return mac, false, err
	}
	return [6]byte(n.HardwareAddr), true, nil
}
