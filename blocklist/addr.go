package blocklist

import (
	"encoding/binary"
	"net/netip"
)

// FromAddr returns addr as a number in host order; ok is false unless addr is IPv4. An IPv4-mapped IPv6 address, the
// shape in which 16-byte address types hold IPv4, counts as IPv4.
func FromAddr(addr netip.Addr) (v uint32, ok bool) {
	addr = addr.Unmap()
	if !addr.Is4() {
		return 0, false
	}
	four := addr.As4()
	return binary.BigEndian.Uint32(four[:]), true
}

// ToAddr returns the IPv4 address with the number v in host order.
func ToAddr(v uint32) netip.Addr {
	var four [4]byte
	binary.BigEndian.PutUint32(four[:], v)
	return netip.AddrFrom4(four)
}
