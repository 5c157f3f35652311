package nexthop

import (
	"net"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// lookup asks the kernel for routes, under the conditions that the request sets.
type lookup struct {
	k    kernel
	oif  int    // only routes that leave by this interface, 0 for all
	from net.IP // as a socket bound to this local address would (ip rule from …), nil for any
}

// newLookup returns a lookup from the source address of req, if it has exactly one and the host owns it: the kernel
// refuses others (EINVAL).
func newLookup(k kernel, req Request) (*lookup, error) {
	q := &lookup{k: k}
	if len(req.Source) != 1 {
		return q, nil
	}
	own, err := addresses(k, nil)
	if err != nil {
		return nil, err
	}
	src := ipOf(req.Source[0])
	if slices.ContainsFunc(own, func(a netlink.Addr) bool { return a.IP.Equal(src) }) {
		q.from = src
	}
	return q, nil
}

// route returns the way of a packet to dst.
//
// For a destination without route the kernel does not refuse an interface that was asked for: it assumes that dst is
// on the link (ip_route_output_key_hash_rcu: "apparently, routing tables are wrong"). The entry tells that apart.
func (q *lookup) route(dst uint32) (netlink.Route, error) {
	if q.oif != 0 {
		if _, err := q.entry(dst); err != nil {
			return netlink.Route{}, err
		}
	}
	return q.get(dst, false)
}

// entry returns the table entry that route follows: with its prefix, the source address written in it, and all of
// its next hops (RTM_F_FIB_MATCH). EHOSTUNREACH if there is none.
func (q *lookup) entry(dst uint32) (netlink.Route, error) { return q.get(dst, true) }

func (q *lookup) get(dst uint32, match bool) (netlink.Route, error) {
	rs, err := q.k.RouteGetWithOptions(ipOf(dst), &netlink.RouteGetOptions{
		OifIndex: q.oif,
		SrcAddr:  q.from,
		FIBMatch: match,
	})
	if err != nil {
		return netlink.Route{}, err
	}
	if len(rs) == 0 {
		return netlink.Route{}, unix.ENETUNREACH
	}
	return rs[0], nil
}

// balanced reports whether the route to dst has several next hops, and the gateway of w is one of them.
func (q *lookup) balanced(dst uint32, w *way) bool {
	entry, err := q.entry(dst)
	return err == nil && slices.ContainsFunc(entry.MultiPath, func(h *netlink.NexthopInfo) bool {
		return h.LinkIndex == w.link.Attrs().Index && gatewayOf(h.Gw, h.Via) == w.gateway
	})
}

// deviceName returns the name of an interface for a message.
func (q *lookup) deviceName(index int) string {
	link, err := q.k.LinkByIndex(index)
	if err != nil {
		return "a vanished interface"
	}
	return link.Attrs().Name
}

// through returns the condition that q puts on routes, for a message.
func (q *lookup) through(w *way) string {
	if q.oif == 0 {
		return ""
	}
	return " through " + w.link.Attrs().Name
}

// gatewayRoute returns the best route of any table that names a gateway on an interface: one that covers dst before
// one that does not, the longest prefix first, the table main before others (a rule may be needed to reach those),
// then the lowest metric. A route of several next hops is reduced to the one on the interface.
func gatewayRoute(k kernel, ifindex int, dst netip.Addr) (best netlink.Route, ok bool, err error) {
	all, err := k.routes()
	if err != nil {
		return best, false, err
	}
	for _, r := range all {
		if !onDevice(&r, ifindex) {
			continue
		}
		if !ok || better(&r, &best, dst) {
			best, ok = r, true
		}
	}
	return best, ok, nil
}

// onDevice reduces r to its next hop on an interface and reports whether it has one with a gateway.
func onDevice(r *netlink.Route, ifindex int) bool {
	for _, h := range r.MultiPath {
		if h.LinkIndex == ifindex {
			r.LinkIndex, r.Gw, r.Via = h.LinkIndex, h.Gw, h.Via
			break
		}
	}
	return r.Type == unix.RTN_UNICAST && r.LinkIndex == ifindex && gatewayOf(r.Gw, r.Via).IsValid()
}

// better reports whether a is the better guess than b for dst.
func better(a, b *netlink.Route, dst netip.Addr) bool {
	if ca, cb := coverage(a, dst), coverage(b, dst); ca != cb {
		return ca > cb
	}
	if ma, mb := a.Table == unix.RT_TABLE_MAIN, b.Table == unix.RT_TABLE_MAIN; ma != mb {
		return ma
	}
	return a.Priority < b.Priority
}

// coverage is the length of the route's prefix if dst is in it, else -1.
func coverage(r *netlink.Route, dst netip.Addr) int {
	p := prefixOf(r.Dst)
	if !p.Contains(dst) {
		return -1
	}
	return p.Bits()
}
