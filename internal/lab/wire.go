package lab

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// prepareNamespace makes the namespace of the calling thread a quiet, closed host with a loopback interface. It runs
// before there is a wire, so that the wire's interface inherits the settings.
func prepareNamespace() error {
	for name, value := range map[string]string{
		"net/ipv6/conf/all/disable_ipv6":     "1",
		"net/ipv6/conf/default/disable_ipv6": "1",
		"net/ipv4/conf/all/rp_filter":        "0",
		"net/ipv4/conf/default/rp_filter":    "0",
		"net/ipv4/ip_forward":                "0",
	} {
		if err := setSysctl(name, value); err != nil && !os.IsNotExist(err) { // a kernel may lack IPv6
			return err
		}
	}
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return fmt.Errorf("find lo: %w", err)
	}
	if err := netlink.LinkSetUp(lo); err != nil {
		return fmt.Errorf("bring up lo: %w", err)
	}
	return nil
}

// setSysctl writes a setting of the calling thread's network namespace.
func setSysctl(name, value string) error {
	return os.WriteFile("/proc/sys/"+name, []byte(value), 0)
}

// connect lays the wire and gives both ends their addresses and routes.
func connect(scanner, world *Host, queues int) error {
	if err := scanner.Do(func() error { return addWire(scanner, world, queues) }); err != nil {
		return fmt.Errorf("create veth pair %s, %s: %w", scanner.name, world.name, err)
	}
	// Before either end comes up: when it does, the kernel looks whether the other one takes XDP frames.
	for _, h := range []*Host{scanner, world} {
		if err := h.Do(func() error { return setOffloads(h.name) }); err != nil {
			return fmt.Errorf("configure %s: %w", h.name, err)
		}
	}
	if err := scanner.Do(func() error { return scanner.configure(scannerRoutes()) }); err != nil {
		return fmt.Errorf("configure %s: %w", scanner.name, err)
	}
	if err := world.Do(func() error { return world.configure(worldRoutes()) }); err != nil {
		return fmt.Errorf("configure %s: %w", world.name, err)
	}
	for _, h := range []*Host{scanner, world} {
		if err := h.Do(h.waitUp); err != nil {
			return fmt.Errorf("wait for %s: %w", h.name, err)
		}
	}
	return nil
}

// waitUp waits until the interface transmits. An end of a veth pair gets its carrier when the other end comes up, but its
// queue only when a worker of the kernel has seen that; until then what is sent vanishes.
func (h *Host) waitUp() error {
	const patience, poll = 10 * time.Second, 2 * time.Millisecond
	for start := time.Now(); time.Since(start) < patience; time.Sleep(poll) {
		link, err := netlink.LinkByIndex(h.ifindex)
		if err != nil {
			return err
		}
		if link.Attrs().OperState == netlink.OperUp {
			return nil
		}
	}
	return fmt.Errorf("not up after %v", patience)
}

// addWire makes both ends of the veth pair where they belong; neither is ever anywhere else.
func addWire(near, far *Host, queues int) error {
	attrs := netlink.NewLinkAttrs()
	attrs.Name = near.name
	attrs.HardwareAddr = near.mac
	attrs.NumTxQueues = queues
	attrs.NumRxQueues = queues
	veth := netlink.NewVeth(attrs)
	veth.PeerName = far.name
	veth.PeerHardwareAddr = far.mac
	veth.PeerNumTxQueues = uint32(queues)
	veth.PeerNumRxQueues = uint32(queues)
	veth.PeerNamespace = netlink.NsFd(far.ns)
	return netlink.LinkAdd(veth)
}

// configure sets up the host's interface. The calling thread is in the host's namespace.
func (h *Host) configure(routes []netlink.Route) error {
	link, err := netlink.LinkByName(h.name)
	if err != nil {
		return err
	}
	h.ifindex = link.Attrs().Index
	addr := &netlink.Addr{IPNet: ipNet(prefix32(h.addr))}
	if err := netlink.AddrAdd(link, addr); err != nil {
		return fmt.Errorf("add address %s: %w", addr, err)
	}
	if err := netlink.LinkSetUp(link); err != nil {
		return fmt.Errorf("bring up: %w", err)
	}
	for _, route := range routes {
		route.LinkIndex = h.ifindex
		if err := netlink.RouteAdd(&route); err != nil {
			return fmt.Errorf("add route to %s: %w", route.Dst, err)
		}
	}
	return nil
}

// scannerRoutes leads everything to the world: the network, and for look-ups of other addresses a default.
func scannerRoutes() []netlink.Route {
	gateway := toIP(WorldAddr)
	return []netlink.Route{
		{Dst: ipNet(prefix32(WorldAddr)), Scope: netlink.SCOPE_LINK, Src: toIP(ScannerAddr)},
		{Dst: ipNet(Network()), Gw: gateway, Src: toIP(ScannerAddr)},
		{Dst: ipNet(netip.PrefixFrom(netip.IPv4Unspecified(), 0)), Gw: gateway, Src: toIP(ScannerAddr)},
	}
}

// worldRoutes knows the scanner and nobody else.
func worldRoutes() []netlink.Route {
	return []netlink.Route{
		{Dst: ipNet(prefix32(ScannerAddr)), Scope: netlink.SCOPE_LINK, Src: toIP(WorldAddr)},
	}
}

// unplug removes the wire at once, where the end of a namespace would do it some time later.
func (h *Host) unplug() error {
	return h.Do(func() error { return removeLink(h.name) })
}

// removeLink removes an interface of the calling thread's namespace, with its peer, if it is there.
func removeLink(name string) error {
	link, err := netlink.LinkByName(name)
	if _, missing := errors.AsType[netlink.LinkNotFoundError](err); missing {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find %s: %w", name, err)
	}
	if err := netlink.LinkDel(link); err != nil {
		return fmt.Errorf("remove %s: %w", name, err)
	}
	return nil
}

// setOffloads makes what the interface transmits complete; see the package comment.
func setOffloads(ifname string) error {
	if err := setOffload(ifname, unix.ETHTOOL_STXCSUM, 0); err != nil {
		return fmt.Errorf("turn off transmit checksum offload: %w", err)
	}
	if err := setOffload(ifname, unix.ETHTOOL_SGRO, 1); err != nil {
		return fmt.Errorf("turn on GRO: %w", err)
	}
	return nil
}

// SetGRO turns generic receive offload on, as it is from the beginning, or off. A veth end with neither GRO nor an XDP
// program takes no XDP frames.
func (h *Host) SetGRO(on bool) error {
	return h.Do(func() error {
		if err := setOffload(h.name, unix.ETHTOOL_SGRO, flag(on)); err != nil {
			return fmt.Errorf("set GRO of %s: %w", h.name, err)
		}
		return nil
	})
}

func toIP(addr uint32) net.IP {
	return binary.BigEndian.AppendUint32(nil, addr)
}

func toAddr(addr uint32) netip.Addr {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], addr)
	return netip.AddrFrom4(b)
}

// fromAddr wants an IPv4 address.
func fromAddr(addr netip.Addr) uint32 {
	b := addr.As4()
	return binary.BigEndian.Uint32(b[:])
}

func prefix32(addr uint32) netip.Prefix {
	return netip.PrefixFrom(toAddr(addr), 32)
}

func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), 32)}
}
