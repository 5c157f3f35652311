package blocklist

import (
	"math/bits"
	"net/netip"
)

// addressSpace is the number of IPv4 addresses. It needs 33 bits: whatever counts addresses is a uint64.
const addressSpace = 1 << 32

// Range is the addresses First to Last, both included, in host order. The zero Range is the single address 0.0.0.0.
// A Range with First above Last holds nothing; [Parse] and [Set] never make one.
type Range struct {
	First, Last uint32
}

// Len returns the number of addresses, 0 to 2^32.
func (r Range) Len() uint64 {
	if r.First > r.Last {
		return 0
	}
	return uint64(r.Last) - uint64(r.First) + 1
}

// Contains reports whether addr is in r.
func (r Range) Contains(addr uint32) bool {
	return r.First <= addr && addr <= r.Last
}

// Prefix returns r in CIDR notation; ok is false where r is not one prefix.
func (r Range) Prefix() (p netip.Prefix, ok bool) {
	n := r.Len()
	if bits.OnesCount64(n) != 1 || uint64(r.First)%n != 0 {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(ToAddr(r.First), 32-bits.TrailingZeros64(n)), true
}

// String returns the shortest text that [Parse] reads back as r: an address, a prefix, or "first-last".
func (r Range) String() string {
	if r.First == r.Last {
		return ToAddr(r.First).String()
	}
	if p, ok := r.Prefix(); ok {
		return p.String()
	}
	return ToAddr(r.First).String() + "-" + ToAddr(r.Last).String()
}

// prefixRange returns the 2^(32-bits) addresses of the prefix that addr is in, for bits from 0 to 32.
func prefixRange(addr uint32, bits int) Range {
	host := uint32(uint64(addressSpace)>>bits - 1)
	return Range{First: addr &^ host, Last: addr | host}
}
