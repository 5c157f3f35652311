package nexthop

import (
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// way is what the routes say: the device and, on it, where packets go.
type way struct {
	link     netlink.Link
	gateway  netip.Addr // not valid: none of the targets needs one
	onLink   bool       // some targets need none
	prefixes []netip.Prefix

	source uint32 // the address that the kernel would take, 0 for unknown
	stated bool   // source is written in the route, so it need not be an address of the device

	decider  uint32 // the target whose route was taken
	warnings []string
}

// findWay looks up the routes, or takes the interface that was asked for, and checks that the device can be used.
func findWay(k kernel, req Request) (*way, error) {
	q, err := newLookup(k, req)
	if err != nil {
		return nil, err
	}
	w := &way{}
	if req.Interface != "" {
		// Checked before the routes: those of an interface that is down are gone, and "no route" would hide why.
		if w.link, err = usableDevice(namedDevice(k, req.Interface)); err != nil {
			return nil, err
		}
		q.oif = w.link.Attrs().Index
	}
	routed, err := w.follow(q, req)
	if err != nil || routed {
		return w, err
	}
	return w, w.withoutRoute(q, req)
}

// follow adds the route of each target and reports whether any had one. Targets that have none, or that are the
// host itself, do not stop a scan: they will not answer, and that is a warning.
func (w *way) follow(q *lookup, req Request) (routed bool, err error) {
	var own, lost tally
	for _, t := range req.Targets {
		r, err := q.route(t)
		switch {
		case unroutable(err):
			lost.add(t)
		case err != nil:
			return false, fmt.Errorf("look up the route to %v: %w", addrOf(t), err)
		case r.Type == unix.RTN_LOCAL:
			own.add(t)
		case !routed:
			routed = true
			if err := w.take(q, t, r); err != nil {
				return false, err
			}
		default:
			if err := w.compare(q, t, r); err != nil {
				return false, err
			}
		}
	}
	if own.n > 0 {
		w.warn("%v: %v, which no probe on the wire reaches", own, ErrLocal)
	}
	if lost.n > 0 {
		w.warn("%v: %v%s", lost, ErrNoRoute, q.through(w))
	}
	return routed, nil
}

// take makes r, the route to t, the way.
func (w *way) take(q *lookup, t uint32, r netlink.Route) error {
	if w.link == nil {
		link, err := usableDevice(q.k.LinkByIndex(r.LinkIndex))
		if err != nil {
			return fmt.Errorf("route to %v: %w", addrOf(t), err)
		}
		w.link = link
	}
	w.decider = t
	w.source = hostOrder(r.Src)
	if entry, err := q.entry(t); err == nil && entry.Src != nil {
		w.source, w.stated = hostOrder(entry.Src), true
	}
	w.use(q, t, r)
	return nil
}

// compare checks that t, whose route is r, can go the way that was taken. Another gateway on the same interface is
// likely to forward, as routers on one link do: a warning. Another interface is not: an error.
func (w *way) compare(q *lookup, t uint32, r netlink.Route) error {
	gw := gatewayOf(r.Gw, r.Via)
	sameLink := r.LinkIndex == w.link.Attrs().Index
	sameGateway := !gw.IsValid() || !w.gateway.IsValid() || gw == w.gateway
	switch {
	case sameLink && sameGateway:
		w.use(q, t, r)
	case q.balanced(t, w): // one of several equal next hops (ECMP); the one taken will do
	case !sameLink:
		return fmt.Errorf("%w: %v by %s, %v by %s", ErrSplit,
			addrOf(w.decider), hopName(w.link.Attrs().Name, w.gateway), addrOf(t), hopName(q.deviceName(r.LinkIndex), gw))
	default:
		w.warn("%v has another gateway, %v: its probes go to %v", addrOf(t), gw, w.gateway)
	}
	return nil
}

// use notes the next hop of r, a route that leaves by the chosen device.
func (w *way) use(q *lookup, t uint32, r netlink.Route) {
	if gw := gatewayOf(r.Gw, r.Via); gw.IsValid() {
		w.gateway = gw
		return
	}
	w.onLink = true
	covers := func(p netip.Prefix) bool { return p.Contains(addrOf(t)) }
	if slices.ContainsFunc(w.prefixes, covers) {
		return
	}
	// A broadcast address has a /32 of its own in the table "local"; the prefix comes with the next target.
	if entry, err := q.entry(t); err == nil && entry.Type == unix.RTN_UNICAST {
		w.prefixes = append(w.prefixes, prefixOf(entry.Dst))
	}
}

// withoutRoute decides where no target has a route by the interface: then the interface's own gateway is the best
// guess, and -i with a gateway's MAC needs no guess.
func (w *way) withoutRoute(q *lookup, req Request) error {
	if w.link != nil && req.GatewayMAC != nil {
		return nil
	}
	first := req.Targets[0]
	_, err := q.route(first)
	if err == nil { // routed after all, so it is local
		return fmt.Errorf("%v: %w", addrOf(first), ErrLocal)
	}
	if w.link == nil {
		return fmt.Errorf("%v: %w: %w", addrOf(first), ErrNoRoute, err)
	}
	r, ok, err := gatewayRoute(q.k, q.oif, addrOf(first))
	if err != nil {
		return fmt.Errorf("list the routes of %s: %w", w.link.Attrs().Name, err)
	}
	if !ok {
		return fmt.Errorf("%v: %w through %s, and no gateway on it", addrOf(first), ErrNoRoute, w.link.Attrs().Name)
	}
	w.decider, w.gateway = first, gatewayOf(r.Gw, r.Via)
	w.source, w.stated = hostOrder(r.Src), r.Src != nil
	return nil
}

func (w *way) warn(format string, args ...any) {
	w.warnings = append(w.warnings, fmt.Sprintf(format, args...))
}

func hopName(device string, gateway netip.Addr) string {
	if !gateway.IsValid() {
		return device
	}
	return fmt.Sprintf("%s via %v", device, gateway)
}

// gatewayOf returns the gateway of a route or of one of its next hops, IPv4 (gw) or IPv6 (via), or the zero Addr.
func gatewayOf(gw net.IP, via netlink.Destination) netip.Addr {
	if v, ok := via.(*netlink.Via); ok {
		gw = v.Addr
	}
	addr, _ := netip.AddrFromSlice(gw)
	return addr.Unmap()
}

// tally counts targets and remembers one to name.
type tally struct {
	first uint32
	n     int
}

func (t *tally) add(a uint32) {
	if t.n == 0 {
		t.first = a
	}
	t.n++
}

func (t tally) String() string {
	if t.n == 1 {
		return addrOf(t.first).String()
	}
	return fmt.Sprintf("%v and %d more", addrOf(t.first), t.n-1)
}
