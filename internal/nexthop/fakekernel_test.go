package nexthop

import (
	"net"
	"net/netip"
	"slices"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// fakeKernel is a kernel of plain data. It keeps the quirk of the real one that matters here: a route look-up by an
// interface that has no route succeeds, as if the destination were on the link.
type fakeKernel struct {
	links  []netlink.Link
	addrs  []netlink.Addr
	main   []netlink.Route // the longest prefix wins, then the first
	policy []netlink.Route // of other tables, which no rule leads to

	neigh func(asked int) netlink.Neigh // the gateway's entry after so many questions; nil: never there
	asked int
}

func (k *fakeKernel) LinkByName(name string) (netlink.Link, error) {
	return k.link(func(a *netlink.LinkAttrs) bool { return a.Name == name })
}

func (k *fakeKernel) LinkByIndex(index int) (netlink.Link, error) {
	return k.link(func(a *netlink.LinkAttrs) bool { return a.Index == index })
}

func (k *fakeKernel) link(is func(*netlink.LinkAttrs) bool) (netlink.Link, error) {
	i := slices.IndexFunc(k.links, func(l netlink.Link) bool { return is(l.Attrs()) })
	if i < 0 {
		return nil, netlink.LinkNotFoundError{}
	}
	return k.links[i], nil
}

func (k *fakeKernel) LinkList() ([]netlink.Link, error) { return slices.Clone(k.links), nil }

func (k *fakeKernel) AddrList(link netlink.Link, _ int) ([]netlink.Addr, error) {
	var list []netlink.Addr
	for _, a := range k.addrs {
		if link == nil || a.LinkIndex == link.Attrs().Index {
			list = append(list, a)
		}
	}
	return list, nil
}

func (k *fakeKernel) routes() ([]netlink.Route, error) {
	return append(slices.Clone(k.main), k.policy...), nil
}

func (k *fakeKernel) RouteGetWithOptions(dst net.IP, o *netlink.RouteGetOptions) ([]netlink.Route, error) {
	to := addrOf(hostOrder(dst))
	var best *netlink.Route
	for i := range k.main {
		r := &k.main[i]
		leaves := o.OifIndex == 0 || r.LinkIndex == o.OifIndex || slices.ContainsFunc(r.MultiPath,
			func(h *netlink.NexthopInfo) bool { return h.LinkIndex == o.OifIndex })
		if leaves && coverage(r, to) >= 0 && (best == nil || coverage(r, to) > coverage(best, to)) {
			best = r
		}
	}
	switch {
	case best == nil && o.OifIndex != 0 && !o.FIBMatch:
		return []netlink.Route{{LinkIndex: o.OifIndex, Type: unix.RTN_UNICAST}}, nil // the quirk
	case best == nil && o.FIBMatch:
		return nil, unix.EHOSTUNREACH
	case best == nil:
		return nil, unix.ENETUNREACH
	case o.FIBMatch:
		return []netlink.Route{*best}, nil
	}
	return []netlink.Route{k.packet(*best, dst, o.OifIndex)}, nil
}

// packet is the way one packet takes through a table entry: one next hop, and a source in any case.
func (k *fakeKernel) packet(r netlink.Route, dst net.IP, oif int) netlink.Route {
	if n := len(r.MultiPath); n > 0 {
		hop := r.MultiPath[int(dst[3])%n]
		if i := slices.IndexFunc(r.MultiPath, func(h *netlink.NexthopInfo) bool { return h.LinkIndex == oif }); i >= 0 {
			hop = r.MultiPath[i]
		}
		r.LinkIndex, r.Gw, r.Via, r.MultiPath = hop.LinkIndex, hop.Gw, hop.Via, nil
	}
	for _, a := range k.addrs {
		if r.Src == nil && (a.LinkIndex == r.LinkIndex || a.Scope == unix.RT_SCOPE_UNIVERSE) {
			r.Src = a.IP
		}
	}
	r.Dst = &net.IPNet{IP: dst, Mask: net.CIDRMask(32, 32)}
	return r
}

func (k *fakeKernel) neighbour(int, netip.Addr) (netlink.Neigh, error) {
	if k.neigh == nil {
		return netlink.Neigh{}, nil
	}
	return k.neigh(k.asked), nil
}

func (k *fakeKernel) ask(int, netip.Addr) error {
	k.asked++
	return nil
}

// Builders of the data.

func ip(t testing.TB, s string) uint32 {
	t.Helper()
	return hostOrder(netip.MustParseAddr(s).AsSlice())
}

func ether(index int, name string) *netlink.Veth {
	return &netlink.Veth{LinkAttrs: netlink.LinkAttrs{
		Index: index, Name: name, MTU: 1500, EncapType: "ether",
		HardwareAddr: net.HardwareAddr{2, 0, 0, 0, 0, byte(index)},
		RawFlags:     unix.IFF_UP | unix.IFF_LOWER_UP,
	}}
}

func loopback() *netlink.Device {
	return &netlink.Device{LinkAttrs: netlink.LinkAttrs{
		Index: 1, Name: "lo", EncapType: "loopback", HardwareAddr: make(net.HardwareAddr, 6),
		Flags: net.FlagLoopback | net.FlagUp, RawFlags: unix.IFF_UP | unix.IFF_LOWER_UP | unix.IFF_LOOPBACK,
	}}
}

func addr(index int, cidr string) netlink.Addr {
	host, network, _ := net.ParseCIDR(cidr)
	return netlink.Addr{LinkIndex: index, IPNet: &net.IPNet{IP: host.To4(), Mask: network.Mask}}
}

// unicast returns a route: "default" or a prefix, by an interface, through a gateway unless that is "".
func unicast(index int, dst, gw string) netlink.Route {
	r := netlink.Route{LinkIndex: index, Type: unix.RTN_UNICAST, Table: unix.RT_TABLE_MAIN}
	if dst != "default" {
		_, r.Dst, _ = net.ParseCIDR(dst)
	}
	if gw != "" {
		r.Gw = net.ParseIP(gw).To4()
	}
	return r
}

func local(dst string) netlink.Route {
	r := unicast(1, dst, "")
	r.Type = unix.RTN_LOCAL
	return r
}

// lan is an ordinary host: scan0 with a default gateway, whose entry is in the neighbour table.
func lan() *fakeKernel {
	return &fakeKernel{
		links: []netlink.Link{loopback(), ether(2, "scan0")},
		addrs: []netlink.Addr{
			{LinkIndex: 1, IPNet: addr(1, "127.0.0.1/8").IPNet, Scope: unix.RT_SCOPE_HOST},
			addr(2, "198.18.0.1/24"),
		},
		main: []netlink.Route{
			local("198.18.0.1/32"),
			unicast(2, "198.18.0.0/24", ""),
			unicast(2, "default", "198.18.0.2"),
		},
		neigh: func(int) netlink.Neigh {
			return netlink.Neigh{State: netlink.NUD_STALE, HardwareAddr: gatewayMAC}
		},
	}
}

var gatewayMAC = net.HardwareAddr{2, 0, 0, 0, 0xaa, 0xfe}
