package nexthop

import (
	"encoding/binary"
	"net"
	"net/netip"
)

// addrOf returns a, an IPv4 address in host order, as a netip.Addr.
func addrOf(a uint32) netip.Addr {
	return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, a)))
}

// ipOf returns a as the net.IP that netlink messages are made from.
func ipOf(a uint32) net.IP {
	return binary.BigEndian.AppendUint32(nil, a)
}

// hostOrder returns ip as a number, 0 where it is not IPv4 (nil included).
func hostOrder(ip net.IP) uint32 {
	ip4 := ip.To4()
	if ip4 == nil {
		return 0
	}
	return binary.BigEndian.Uint32(ip4)
}

// prefixOf returns n as a netip.Prefix. The kernel leaves the destination of a default route out: nil is 0.0.0.0/0.
func prefixOf(n *net.IPNet) netip.Prefix {
	if n == nil {
		return netip.PrefixFrom(netip.IPv4Unspecified(), 0)
	}
	addr, _ := netip.AddrFromSlice(n.IP)
	ones, _ := n.Mask.Size()
	return netip.PrefixFrom(addr.Unmap(), ones).Masked()
}
