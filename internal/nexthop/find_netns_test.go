package nexthop

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// findFor runs Find for targets and fails the test if there is no way.
func findFor(t *testing.T, req Request, targets ...string) *Path {
	t.Helper()
	p, err := tryFind(t, req, targets...)
	if err != nil {
		t.Fatalf("Find: %v", err)
	}
	return p
}

func tryFind(t *testing.T, req Request, targets ...string) (*Path, error) {
	t.Helper()
	for _, s := range targets {
		req.Targets = append(req.Targets, ip(t, s))
	}
	return Find(t.Context(), req)
}

// TestFindColdTable is the case that this package exists for: nothing has been sent to the gateway yet.
func TestFindColdTable(t *testing.T) {
	w := ordinary(t)
	tap := w.tap(t, "peer0")
	must(t, w.near.LinkSetMTU(link(t, w.near, "scan0"), 1400))

	p := findFor(t, Request{}, "203.0.113.5", "192.0.2.77")
	if p.NextHopMAC != macAt(t, w.far, "peer0") || p.SourceMAC != macAt(t, w.near, "scan0") {
		t.Errorf("from %x to %x, want %x to %x", p.SourceMAC, p.NextHopMAC, macAt(t, w.near, "scan0"), macAt(t, w.far, "peer0"))
	}
	want := "scan0, source 198.18.0.1, gateway 198.18.0.2 at " + net.HardwareAddr(p.NextHopMAC[:]).String() + " (ARP, asked)"
	if p.How != want {
		t.Errorf("How:\n got %s\nwant %s", p.How, want)
	}
	if !p.HasGateway || p.OnLink || p.MTU != 1400 || !slices.Equal(p.Source, []uint32{ip(t, "198.18.0.1")}) ||
		p.Ifindex != link(t, w.near, "scan0").Attrs().Index || len(p.Warnings) != 0 {
		t.Errorf("path = %+v", p)
	}
	if mac, ok, err := MACOf(p.Ifindex, p.Gateway); mac != p.NextHopMAC || !ok || err != nil {
		t.Errorf("MACOf the gateway = %x, %v, %v, want %x", mac, ok, err, p.NextHopMAC)
	}
	if mac, ok, err := MACOf(p.Ifindex, ip(t, "198.18.0.77")); ok || err != nil {
		t.Errorf("MACOf somebody else = %x, %v, %v, want none", mac, ok, err)
	}
	if n := len(heard(t, tap)); n != 1 {
		t.Errorf("%d ARP packets arrived, want 1", n)
	}

	if p = findFor(t, Request{}, "203.0.113.5"); !strings.HasSuffix(p.How, "(neighbour table)") {
		t.Errorf("the second time, How is %q", p.How)
	}
}

// TestFindWithoutPrivilege gives up the capabilities: a datagram makes the kernel ask all the same.
func TestFindWithoutPrivilege(t *testing.T) {
	w := ordinary(t)
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	must(t, unix.Capset(&header, &none[0])) // of this thread, which ends with the test

	p := findFor(t, Request{}, "203.0.113.5")
	if p.NextHopMAC != macAt(t, w.far, "peer0") || !strings.HasSuffix(p.How, "(ARP, asked)") {
		t.Errorf("NextHopMAC = %x, How %q", p.NextHopMAC, p.How)
	}
	if _, err := ResolveLink(t.Context(), p, block(16), LinkOptions{}); !errors.Is(err, unix.EPERM) {
		t.Errorf("ResolveLink: %v, want EPERM", err)
	}
}

func TestFindPermanentNeighbour(t *testing.T) {
	w := ordinary(t)
	tap := w.tap(t, "peer0")
	must(t, w.near.NeighSet(&netlink.Neigh{
		LinkIndex: link(t, w.near, "scan0").Attrs().Index, IP: net.IPv4(198, 18, 0, 2), State: netlink.NUD_PERMANENT,
		HardwareAddr: gatewayMAC,
	}))
	p := findFor(t, Request{}, "203.0.113.5")
	if p.NextHopMAC != [6]byte(gatewayMAC) || !strings.HasSuffix(p.How, "(neighbour table, permanent)") {
		t.Errorf("NextHopMAC = %x, How %q", p.NextHopMAC, p.How)
	}
	if n := len(heard(t, tap)); n != 0 {
		t.Errorf("%d ARP packets arrived, want none", n)
	}
}

func TestFindSilentGateway(t *testing.T) {
	w := newWires(t)
	w.join(t, "scan0", "peer0")
	addAddr(t, w.near, "scan0", "198.18.0.1/24")
	addRoute(t, w.near, "scan0", "default", "198.18.0.2")
	tap := w.tap(t, "peer0")
	_, err := tryFind(t, Request{Timeout: 300 * time.Millisecond}, "203.0.113.5")
	if !errors.Is(err, ErrUnreachable) || !strings.HasPrefix(err.Error(), "gateway 198.18.0.2 on scan0: no answer to ARP in ") {
		t.Errorf("Find: %v, want ErrUnreachable", err)
	}
	if len(heard(t, tap)) == 0 {
		t.Error("no ARP packet arrived")
	}

	// The entry is incomplete now. When the gateway comes up it is found all the same.
	addAddr(t, w.far, "peer0", "198.18.0.2/24")
	if p := findFor(t, Request{}, "203.0.113.5"); p.NextHopMAC != macAt(t, w.far, "peer0") {
		t.Errorf("NextHopMAC = %x", p.NextHopMAC)
	}
}

func TestFindGivenGateway(t *testing.T) {
	w := ordinary(t)
	tap := w.tap(t, "peer0")
	p := findFor(t, Request{GatewayMAC: gatewayMAC}, "203.0.113.5")
	if p.NextHopMAC != [6]byte(gatewayMAC) || p.Interface != "scan0" {
		t.Errorf("path = %+v", p)
	}
	if n := len(heard(t, tap)); n != 0 {
		t.Errorf("%d ARP packets arrived, want none", n)
	}
}

// TestFindDevice goes through the states of an interface.
func TestFindDevice(t *testing.T) {
	w := newWires(t)
	w.join(t, "scan0", "peer0")
	refuses := func(req Request, want error, text string) {
		t.Helper()
		_, err := tryFind(t, req, "203.0.113.5")
		if !errors.Is(err, want) || err.Error() != text {
			t.Errorf("Find:\n got %v\nwant %s", err, text)
		}
	}
	on := Request{Interface: "scan0"}
	refuses(Request{}, ErrNoRoute, "203.0.113.5: no route: network is unreachable")
	refuses(Request{Interface: "eth9"}, ErrNoInterface, `interface "eth9": no such interface: there are lo, scan0`)
	refuses(Request{Interface: "lo"}, ErrLoopback, `interface "lo": loopback interface`)
	refuses(on, ErrNoRoute, "203.0.113.5: no route through scan0, and no gateway on it")

	addRoute(t, w.near, "scan0", "default", "") // everybody is on the link
	refuses(on, ErrNoAddress, `interface "scan0": no IPv4 address`)
	addAddr(t, w.near, "scan0", "198.18.0.1/24")
	if p := findFor(t, on, "203.0.113.5"); !p.OnLink || !slices.Equal(p.LinkPrefixes, []netip.Prefix{prefixOf(nil)}) {
		t.Errorf("path = %+v, want everybody on the link", p)
	}

	must(t, w.far.LinkSetDown(link(t, w.far, "peer0")))
	refuses(on, ErrNoCarrier, `interface "scan0": no carrier`)
	must(t, w.near.LinkSetDown(link(t, w.near, "scan0")))
	refuses(on, ErrDown, `interface "scan0": down`)

	long := strings.Repeat("x", 300)
	if _, err := tryFind(t, Request{Interface: long}, "203.0.113.5"); !errors.Is(err, ErrNoInterface) {
		t.Errorf("a name of 300 letters: %v, want ErrNoInterface", err)
	}
}

func TestFindTunnel(t *testing.T) {
	w := newWires(t)
	tun := &netlink.Tuntap{LinkAttrs: netlink.LinkAttrs{Name: "tun0"}, Mode: netlink.TUNTAP_MODE_TUN}
	if err := w.near.LinkAdd(tun); err != nil {
		t.Skipf("this kernel makes no tun device: %v", err)
	}
	must(t, w.near.LinkSetUp(link(t, w.near, "tun0")))
	_, err := tryFind(t, Request{Interface: "tun0"}, "203.0.113.5")
	if !errors.Is(err, ErrNotEthernet) {
		t.Errorf("Find: %v, want ErrNotEthernet", err)
	}
}

// TestFindOtherInterface asks for an interface that the default route does not leave by.
func TestFindOtherInterface(t *testing.T) {
	w := ordinary(t)
	w.join(t, "scan1", "peer1")
	addAddr(t, w.near, "scan1", "198.18.1.1/24")
	addAddr(t, w.far, "peer1", "198.18.1.2/24")
	req := Request{Interface: "scan1"}

	if _, err := tryFind(t, req, "203.0.113.5"); !errors.Is(err, ErrNoRoute) {
		t.Errorf("without a gateway: %v, want ErrNoRoute", err)
	}
	given := Request{Interface: "scan1", GatewayMAC: gatewayMAC}
	if p := findFor(t, given, "203.0.113.5"); p.NextHopMAC != [6]byte(gatewayMAC) || p.Source[0] != ip(t, "198.18.1.1") {
		t.Errorf("with a gateway given: %+v", p)
	}

	// A second provider's table, as it is made with "ip rule": no rule leads there from here.
	r := unicast(link(t, w.near, "scan1").Attrs().Index, "0.0.0.0/0", "198.18.1.2")
	r.Table = 100
	must(t, w.near.RouteAdd(&r))
	p := findFor(t, req, "203.0.113.5")
	if p.Gateway != ip(t, "198.18.1.2") || p.NextHopMAC != macAt(t, w.far, "peer1") || p.Source[0] != ip(t, "198.18.1.1") {
		t.Errorf("with a gateway in table 100: %+v", p)
	}
	if len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0], "203.0.113.5: no route through scan1") {
		t.Errorf("Warnings = %q", p.Warnings)
	}

	// A rule that leads there is followed for the source address.
	rule := netlink.NewRule()
	rule.Src, rule.Table, rule.Family = &net.IPNet{IP: net.IPv4(198, 18, 1, 1).To4(), Mask: net.CIDRMask(32, 32)}, 100, unix.AF_INET
	must(t, w.near.RuleAdd(rule))
	p = findFor(t, Request{Source: []uint32{ip(t, "198.18.1.1")}}, "203.0.113.5")
	if p.Interface != "scan1" || p.Gateway != ip(t, "198.18.1.2") || len(p.Warnings) != 0 {
		t.Errorf("from 198.18.1.1: %+v", p)
	}

	// A default route of a worse metric is a route.
	worse := unicast(r.LinkIndex, "0.0.0.0/0", "198.18.1.2")
	worse.Priority = 500
	must(t, w.near.RouteAdd(&worse))
	if p := findFor(t, req, "203.0.113.5"); p.Gateway != ip(t, "198.18.1.2") || len(p.Warnings) != 0 {
		t.Errorf("with a second default route: %+v", p)
	}
}

func TestFindGivenSource(t *testing.T) {
	w := newWires(t)
	w.join(t, "scan0", "peer0")
	addAddr(t, w.far, "peer0", "198.18.0.2/24")
	addRoute(t, w.near, "scan0", "198.18.0.0/24", "")
	addRoute(t, w.near, "scan0", "default", "198.18.0.2")

	// scan0 has no address: the kernel asks from 0.0.0.0 and is answered.
	src := []uint32{ip(t, "198.18.0.77"), ip(t, "198.18.0.78")}
	p := findFor(t, Request{Source: src}, "203.0.113.5")
	if !slices.Equal(p.Source, src) || p.NextHopMAC != macAt(t, w.far, "peer0") {
		t.Errorf("path = %+v", p)
	}
	if p := findFor(t, Request{Source: src[:1]}, "203.0.113.5"); !slices.Equal(p.Source, src[:1]) {
		t.Errorf("path = %+v", p)
	}
}

func TestFindSplit(t *testing.T) {
	w := ordinary(t)
	w.join(t, "scan1", "peer1")
	addAddr(t, w.near, "scan1", "198.18.1.1/24")
	addAddr(t, w.far, "peer1", "198.18.1.2/24")
	addRoute(t, w.near, "scan1", "203.0.113.0/24", "198.18.1.2")

	_, err := tryFind(t, Request{}, "192.0.2.5", "203.0.113.5")
	want := "targets leave by two interfaces: 192.0.2.5 by scan0 via 198.18.0.2, 203.0.113.5 by scan1 via 198.18.1.2"
	if !errors.Is(err, ErrSplit) || err.Error() != want {
		t.Errorf("Find:\n got %v\nwant %s", err, want)
	}
	// Said which, it is that: the default route holds for both.
	if p := findFor(t, Request{Interface: "scan0"}, "192.0.2.5", "203.0.113.5"); len(p.Warnings) != 0 {
		t.Errorf("path = %+v", p)
	}
	p := findFor(t, Request{Interface: "scan0"}, "192.0.2.5", "198.18.0.255", "198.18.0.5", "198.18.0.1")
	if !p.HasGateway || !p.OnLink || !slices.Equal(p.LinkPrefixes, []netip.Prefix{netip.MustParsePrefix("198.18.0.0/24")}) {
		t.Errorf("path = %+v, want a gateway and 198.18.0.0/24 on the link", p)
	}
	if len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0], "198.18.0.1: address of this host") {
		t.Errorf("Warnings = %q", p.Warnings)
	}
	if _, err := tryFind(t, Request{}, "198.18.0.1"); !errors.Is(err, ErrLocal) {
		t.Errorf("the host itself: %v, want ErrLocal", err)
	}
}

// TestFindEqualNextHops: of two next hops the kernel takes one by a hash of the destination; either will do.
func TestFindEqualNextHops(t *testing.T) {
	w := newWires(t)
	for i, name := range []string{"scan0", "scan1"} {
		w.join(t, name, []string{"peer0", "peer1"}[i])
		addAddr(t, w.near, name, []string{"198.18.0.1/24", "198.18.1.1/24"}[i])
		addAddr(t, w.far, []string{"peer0", "peer1"}[i], []string{"198.18.0.2/24", "198.18.1.2/24"}[i])
	}
	must(t, w.near.RouteAdd(&netlink.Route{
		Dst: &net.IPNet{IP: net.IPv4zero.To4(), Mask: net.CIDRMask(0, 32)},
		MultiPath: []*netlink.NexthopInfo{
			{LinkIndex: link(t, w.near, "scan0").Attrs().Index, Gw: net.IPv4(198, 18, 0, 2).To4()},
			{LinkIndex: link(t, w.near, "scan1").Attrs().Index, Gw: net.IPv4(198, 18, 1, 2).To4()},
		},
	}))
	var targets []uint32
	for i := range uint32(64) {
		targets = append(targets, ip(t, "203.0.113.0")+i)
	}
	p, err := Find(t.Context(), Request{Targets: targets})
	if err != nil || len(p.Warnings) != 0 {
		t.Errorf("Find: %+v, %v", p, err)
	}
}

func TestFindIPv6Gateway(t *testing.T) {
	w := newWires(t)
	w.join(t, "scan0", "peer0")
	addAddr(t, w.near, "scan0", "198.18.0.1/32")
	for _, end := range []struct {
		h          *netlink.Handle
		name, addr string
	}{{w.near, "scan0", "fe80::1/64"}, {w.far, "peer0", "fe80::2/64"}} {
		a, err := netlink.ParseAddr(end.addr)
		must(t, err)
		a.Flags = unix.IFA_F_NODAD
		if err := end.h.AddrAdd(link(t, end.h, end.name), a); err != nil {
			t.Skipf("this kernel has no IPv6: %v", err)
		}
	}
	must(t, w.near.RouteAdd(&netlink.Route{
		LinkIndex: link(t, w.near, "scan0").Attrs().Index,
		Dst:       &net.IPNet{IP: net.IPv4zero.To4(), Mask: net.CIDRMask(0, 32)},
		Via:       &netlink.Via{AddrFamily: unix.AF_INET6, Addr: net.ParseIP("fe80::2")},
	}))
	p := findFor(t, Request{}, "203.0.113.5")
	if !p.HasGateway || p.Gateway != 0 || p.NextHopMAC != macAt(t, w.far, "peer0") ||
		!strings.Contains(p.How, "gateway fe80::2 at") {
		t.Errorf("path = %+v", p)
	}
}

func TestFindVLAN(t *testing.T) {
	w := newWires(t)
	w.join(t, "scan0", "peer0")
	for _, end := range []struct {
		h          *netlink.Handle
		name, addr string
	}{{w.near, "scan0", "198.18.7.1/24"}, {w.far, "peer0", "198.18.7.2/24"}} {
		parent := link(t, end.h, end.name).Attrs().Index
		vlan := &netlink.Vlan{LinkAttrs: netlink.LinkAttrs{Name: "vlan7", ParentIndex: parent}, VlanId: 7}
		if err := end.h.LinkAdd(vlan); err != nil {
			t.Skipf("this kernel makes no VLAN device: %v", err)
		}
		must(t, end.h.LinkSetUp(link(t, end.h, "vlan7")))
		addAddr(t, end.h, "vlan7", end.addr)
	}
	addRoute(t, w.near, "vlan7", "default", "198.18.7.2")
	p := findFor(t, Request{}, "203.0.113.5")
	if p.Interface != "vlan7" || p.VLAN != 7 || p.ParentIfindex != link(t, w.near, "scan0").Attrs().Index ||
		p.NextHopMAC != macAt(t, w.far, "vlan7") {
		t.Errorf("path = %+v", p)
	}
}
