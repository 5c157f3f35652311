package nexthop

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// multi makes r a route of several equal next hops.
func multi(r netlink.Route, hops ...netlink.Route) netlink.Route {
	for _, h := range hops {
		r.MultiPath = append(r.MultiPath, &netlink.NexthopInfo{LinkIndex: h.LinkIndex, Gw: h.Gw})
	}
	r.LinkIndex = 0
	return r
}

// twoLinks is lan with a second interface, scan1, that has no default route.
func twoLinks() *fakeKernel {
	k := lan()
	k.links = append(k.links, ether(3, "scan1"))
	k.addrs = append(k.addrs, addr(3, "198.18.1.1/24"), addr(3, "198.18.2.1/24"))
	k.main = append(k.main, unicast(3, "198.18.1.0/24", ""), unicast(3, "198.18.2.0/24", ""))
	return k
}

func TestFindOnPlainData(t *testing.T) {
	given := net.HardwareAddr{2, 0, 0, 0, 0, 0x99}
	tests := []struct {
		name    string
		host    func() *fakeKernel
		req     Request
		targets []string
		how     string
		warning string // a part of the only one; "" for none
	}{
		{
			name: "an ordinary host", host: lan, targets: []string{"198.18.5.5"},
			how: "scan0, source 198.18.0.1, gateway 198.18.0.2 at 02:00:00:00:aa:fe (neighbour table)",
		},
		{
			name: "targets on the link", host: lan, targets: []string{"198.18.0.9"},
			how: "scan0, source 198.18.0.1, targets on the link",
		},
		{
			name: "some targets on the link", host: lan, targets: []string{"198.18.0.9", "198.18.5.5"},
			how: "scan0, source 198.18.0.1, gateway 198.18.0.2 at 02:00:00:00:aa:fe (neighbour table), " +
				"some targets on the link",
		},
		{
			name: "a source that the host does not own", host: lan, targets: []string{"198.18.5.5"},
			req: Request{Source: []uint32{0xc6120707, 0xc6120708}},
			how: "scan0, source 198.18.7.7 and 1 more (given), gateway 198.18.0.2 at 02:00:00:00:aa:fe (neighbour table)",
		},
		{
			name: "a given gateway", host: lan, targets: []string{"198.18.5.5"},
			req: Request{GatewayMAC: given},
			how: "scan0, source 198.18.0.1, next hop 02:00:00:00:00:99 (given)",
		},
		{
			name: "a given gateway for targets on the link", host: lan, targets: []string{"198.18.0.9"},
			req: Request{GatewayMAC: given},
			how: "scan0, source 198.18.0.1, next hop 02:00:00:00:00:99 (given)",
		},
		{
			name: "interface and gateway given, no target", host: twoLinks,
			req: Request{GatewayMAC: given, Interface: "scan1"},
			how: "scan1, source 198.18.1.1, next hop 02:00:00:00:00:99 (given)",
		},
		{
			name: "interface and gateway given, no route", host: twoLinks, targets: []string{"198.18.9.9"},
			req: Request{GatewayMAC: given, Interface: "scan1"},
			how: "scan1, source 198.18.1.1, next hop 02:00:00:00:00:99 (given)", warning: "198.18.9.9: no route through scan1",
		},
		{
			name: "the host itself among the targets", host: lan, targets: []string{"198.18.0.1", "198.18.0.9"},
			how: "scan0, source 198.18.0.1, targets on the link", warning: "198.18.0.1: address of this host",
		},
		{
			name: "an interface whose gateway is in another table", targets: []string{"198.18.5.5"},
			host: func() *fakeKernel {
				k := twoLinks()
				far := unicast(3, "198.18.128.0/17", "198.18.1.7")
				far.Table = 100
				def := unicast(3, "default", "198.18.2.2") // covers the target
				def.Table = 100
				k.policy = []netlink.Route{far, def}
				return k
			},
			req: Request{Interface: "scan1"}, warning: "198.18.5.5: no route through scan1",
			how: "scan1, source 198.18.2.1, gateway 198.18.2.2 at 02:00:00:00:aa:fe (neighbour table)",
		},
		{
			name: "a source written in the route", targets: []string{"198.18.5.5"},
			host: func() *fakeKernel {
				k := lan()
				k.main[2].Src = net.ParseIP("198.18.255.1").To4() // of a dummy interface, as routers have it
				return k
			},
			how: "scan0, source 198.18.255.1, gateway 198.18.0.2 at 02:00:00:00:aa:fe (neighbour table)",
		},
		{
			name: "two equal next hops on two interfaces", targets: []string{"198.18.5.4", "198.18.5.5", "198.18.5.6"},
			host: func() *fakeKernel {
				k := twoLinks()
				k.main[2] = multi(k.main[2], unicast(2, "default", "198.18.0.2"), unicast(3, "default", "198.18.1.2"))
				return k
			},
			how: "scan0, source 198.18.0.1, gateway 198.18.0.2 at 02:00:00:00:aa:fe (neighbour table)",
		},
		{
			name: "two gateways on one link", targets: []string{"198.18.5.5", "198.18.6.6"},
			host: func() *fakeKernel {
				k := lan()
				k.main = append(k.main, unicast(2, "198.18.6.0/24", "198.18.0.3"))
				return k
			},
			how:     "scan0, source 198.18.0.1, gateway 198.18.0.2 at 02:00:00:00:aa:fe (neighbour table)",
			warning: "198.18.6.6 has another gateway, 198.18.0.3: its probes go to 198.18.0.2",
		},
		{
			name: "a VLAN device", targets: []string{"198.18.5.5"},
			host: func() *fakeKernel {
				k := lan()
				k.links[1] = &netlink.Vlan{LinkAttrs: *k.links[1].Attrs(), VlanId: 7}
				return k
			},
			how: "scan0 (VLAN 7), source 198.18.0.1, gateway 198.18.0.2 at 02:00:00:00:aa:fe (neighbour table)",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			k := tt.host()
			for _, s := range tt.targets {
				tt.req.Targets = append(tt.req.Targets, ip(t, s))
			}
			p, err := find(t.Context(), k, tt.req)
			if err != nil {
				t.Fatalf("find: %v", err)
			}
			if p.How != tt.how {
				t.Errorf("How:\n got %s\nwant %s", p.How, tt.how)
			}
			switch {
			case tt.warning == "" && len(p.Warnings) > 0:
				t.Errorf("unexpected warnings %q", p.Warnings)
			case tt.warning != "" && (len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0], tt.warning)):
				t.Errorf("Warnings = %q, want one with %q", p.Warnings, tt.warning)
			}
			if tt.req.GatewayMAC != nil && (p.OnLink || p.NextHopMAC != [6]byte(given)) {
				t.Errorf("OnLink %v, NextHopMAC %x, want everything sent to %v", p.OnLink, p.NextHopMAC, given)
			}
			if k.asked != 0 {
				t.Errorf("%d questions asked about a known neighbour", k.asked)
			}
		})
	}
}

// TestPathFields checks what How does not show.
func TestPathFields(t *testing.T) {
	mac := net.HardwareAddr{2, 0, 0, 0, 0, 0x77}
	p, err := find(t.Context(), lan(), Request{
		Targets:   []uint32{ip(t, "198.18.0.9"), ip(t, "198.18.0.10"), ip(t, "198.18.5.5")},
		SourceMAC: mac,
	})
	if err != nil {
		t.Fatalf("find: %v", err)
	}
	if p.Ifindex != 2 || p.MTU != 1500 || p.SourceMAC != [6]byte(mac) || p.NextHopMAC != [6]byte(gatewayMAC) {
		t.Errorf("path = %+v", p)
	}
	if !p.OnLink || !p.HasGateway || p.Gateway != ip(t, "198.18.0.2") {
		t.Errorf("OnLink %v, HasGateway %v, Gateway %v; want both and 198.18.0.2", p.OnLink, p.HasGateway, addrOf(p.Gateway))
	}
	if want := []netip.Prefix{netip.MustParsePrefix("198.18.0.0/24")}; !slices.Equal(p.LinkPrefixes, want) {
		t.Errorf("LinkPrefixes = %v, want %v", p.LinkPrefixes, want)
	}
}

func TestFindRefuses(t *testing.T) {
	change := func(f func(k *fakeKernel)) *fakeKernel {
		k := twoLinks()
		f(k)
		return k
	}
	scan0 := func(k *fakeKernel) *netlink.LinkAttrs { return k.links[1].Attrs() }
	split := change(func(k *fakeKernel) {
		k.main = append(k.main, unicast(3, "198.18.6.0/24", "198.18.1.2"))
	})
	tests := []struct {
		name    string
		host    *fakeKernel
		req     Request
		targets []string
		want    error
		text    string
	}{
		{
			name: "an interface that does not exist", host: lan(), req: Request{Interface: "eth9"},
			want: ErrNoInterface, text: `interface "eth9": no such interface: there are lo, scan0`,
		},
		{
			name: "the loopback interface", host: lan(), req: Request{Interface: "lo"},
			want: ErrLoopback, text: `interface "lo": loopback interface`,
		},
		{
			name: "an interface that is down", host: change(func(k *fakeKernel) { scan0(k).RawFlags = 0 }),
			want: ErrDown, text: `route to 198.18.5.5: interface "scan0": down`,
		},
		{
			name: "no cable", host: change(func(k *fakeKernel) { scan0(k).RawFlags = unix.IFF_UP }),
			want: ErrNoCarrier, text: `route to 198.18.5.5: interface "scan0": no carrier`,
		},
		{
			name: "a tunnel", host: change(func(k *fakeKernel) { scan0(k).EncapType, scan0(k).HardwareAddr = "none", nil }),
			want: ErrNotEthernet,
			text: `route to 198.18.5.5: interface "scan0": not an Ethernet device: its link type "none" has no Ethernet header`,
		},
		{
			name: "no IPv4 address, though another interface has one",
			host: change(func(k *fakeKernel) { k.addrs = k.addrs[2:]; scan0(k).MasterIndex = 3 }),
			want: ErrNoAddress, text: `interface "scan0": no IPv4 address: it belongs to scan1`,
		},
		{
			name: "no route", host: change(func(k *fakeKernel) { k.main = k.main[:2] }),
			want: ErrNoRoute, text: "198.18.5.5: no route: network is unreachable",
		},
		{
			name: "no route through the interface and no gateway on it", host: twoLinks(), req: Request{Interface: "scan1"},
			want: ErrNoRoute, text: "198.18.5.5: no route through scan1, and no gateway on it",
		},
		{
			name: "nothing but the host itself", host: lan(), targets: []string{"198.18.0.1"},
			want: ErrLocal, text: "198.18.0.1: address of this host",
		},
		{
			name: "targets that leave by two interfaces", host: split, targets: []string{"198.18.5.5", "198.18.6.6"},
			want: ErrSplit,
			text: "targets leave by two interfaces: 198.18.5.5 by scan0 via 198.18.0.2, 198.18.6.6 by scan1 via 198.18.1.2",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.targets == nil {
				tt.targets = []string{"198.18.5.5"}
			}
			for _, s := range tt.targets {
				tt.req.Targets = append(tt.req.Targets, ip(t, s))
			}
			_, err := find(t.Context(), tt.host, tt.req)
			if !errors.Is(err, tt.want) {
				t.Fatalf("find: %v, want %v", err, tt.want)
			}
			if err.Error() != tt.text {
				t.Errorf("text:\n got %s\nwant %s", err, tt.text)
			}
			if ifErr := (*InterfaceError)(nil); errors.As(err, &ifErr) && ifErr.Interface == "" {
				t.Error("InterfaceError without a name")
			}
		})
	}
}

func TestRequestValidate(t *testing.T) {
	mac := net.HardwareAddr{2, 0, 0, 0, 0, 1}
	tests := []struct {
		name string
		req  Request
		ok   bool
	}{
		{"nothing to go by", Request{}, false},
		{"an interface alone", Request{Interface: "scan0"}, false},
		{"interface and gateway", Request{Interface: "scan0", GatewayMAC: mac}, true},
		{"one target", Request{Targets: []uint32{1}}, true},
		{"an InfiniBand address", Request{Targets: []uint32{1}, GatewayMAC: make(net.HardwareAddr, 20)}, false},
		{"a source of zeros", Request{Targets: []uint32{1}, SourceMAC: make(net.HardwareAddr, 6)}, false},
		{"a negative timeout", Request{Targets: []uint32{1}, Timeout: -1}, false},
	}
	for _, tt := range tests {
		if err := tt.req.validate(); (err == nil) != tt.ok {
			t.Errorf("%s: validate = %v, want ok %v", tt.name, err, tt.ok)
		}
	}
}
