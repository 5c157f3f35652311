package nexthop

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/vishvananda/netlink"
)

// hop is the link-layer address that frames go to, and how it was learned.
type hop struct {
	mac  [6]byte
	from string
}

// nextHop returns the given link-layer address, or the gateway's, or, if all targets are on the link, none.
func nextHop(ctx context.Context, k kernel, req Request, w *way) (hop, error) {
	if req.GatewayMAC != nil {
		return hop{[6]byte(req.GatewayMAC), "given"}, nil
	}
	if !w.gateway.IsValid() {
		return hop{}, nil
	}
	if req.look {
		return known(k, w)
	}
	timeout := req.Timeout
	if timeout == 0 {
		timeout = DefaultTimeout
	}
	return resolve(ctx, k, w, timeout)
}

// resolve returns the gateway's entry in the neighbour table, having the kernel ask if it is not there.
//
// The kernel asks three times, a second apart, then calls the entry failed for good, and forgets it later. A first
// question is easily lost where a port has just come up (spanning tree) or a gateway is just taking over (VRRP), so a
// failed entry is asked for once more.
func resolve(ctx context.Context, k kernel, w *way, timeout time.Duration) (hop, error) {
	const rounds = 2
	device := w.link.Attrs()
	fail := func(err error) (hop, error) {
		return hop{}, fmt.Errorf("gateway %v on %s: %w", w.gateway, device.Name, err)
	}
	start := time.Now()
	for asked, pause := 0, time.Millisecond; ; pause = min(2*pause, 20*time.Millisecond) {
		n, err := k.neighbour(device.Index, w.gateway)
		if err != nil {
			return fail(fmt.Errorf("look up neighbour: %w", err))
		}
		if usable(&n) {
			return hop{[6]byte(n.HardwareAddr), origin(&n, asked)}, nil
		}
		waited := time.Since(start)
		resting := n.State == netlink.NUD_NONE || n.State&netlink.NUD_FAILED != 0
		if waited >= timeout || resting && asked == rounds {
			return fail(fmt.Errorf("%w in %v", ErrUnreachable, waited.Round(100*time.Millisecond)))
		}
		if resting {
			if err := k.ask(device.Index, w.gateway); err != nil {
				return fail(fmt.Errorf("ask for its address: %w", err))
			}
			asked++
		}
		if err := sleep(ctx, min(pause, timeout-waited)); err != nil {
			return fail(err)
		}
	}
}

// usable reports whether the kernel itself would send to n now. That includes entries it would verify meanwhile.
//
// The broadcast address is one that nobody answered with: the kernel enters it for what it takes for a broadcast
// address, which in a namespace that has no address at all is everything.
func usable(n *netlink.Neigh) bool {
	const valid = netlink.NUD_REACHABLE | netlink.NUD_STALE | netlink.NUD_DELAY | netlink.NUD_PROBE |
		netlink.NUD_PERMANENT | netlink.NUD_NOARP
	mac := n.HardwareAddr
	return n.State&valid != 0 && len(mac) == 6 && !isZero(mac) && string(mac) != broadcast
}

// origin says in a word or two where an entry comes from.
func origin(n *netlink.Neigh, asked int) string {
	switch {
	case asked > 0 && n.Family == netlink.FAMILY_V6:
		return "neighbour discovery, asked"
	case asked > 0:
		return "ARP, asked"
	case n.State&netlink.NUD_PERMANENT != 0:
		return "neighbour table, permanent"
	default:
		return "neighbour table"
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}

// describe says in one line what was chosen and where it comes from.
func describe(p *Path, req Request, w *way, h hop) string {
	s := p.Interface
	if p.VLAN != 0 {
		s += fmt.Sprintf(" (VLAN %d)", p.VLAN)
	}
	s += ", source " + addrOf(p.Source[0]).String()
	if n := len(p.Source); n > 1 {
		s += fmt.Sprintf(" and %d more", n-1)
	}
	if len(req.Source) > 0 {
		s += " (given)"
	}
	mac := net.HardwareAddr(h.mac[:])
	switch {
	case req.GatewayMAC != nil:
		s += fmt.Sprintf(", next hop %v (%s)", mac, h.from)
	case w.gateway.IsValid():
		if p.Known() {
			s += fmt.Sprintf(", gateway %v at %v (%s)", w.gateway, mac, h.from)
		} else {
			s += fmt.Sprintf(", gateway %v at an address not known yet (%s)", w.gateway, h.from)
		}
		if p.OnLink {
			s += ", some targets on the link"
		}
	default:
		s += ", targets on the link"
	}
	return s
}
