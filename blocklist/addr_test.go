package blocklist

import (
	"net/netip"
	"testing"
)

func TestFromAddr(t *testing.T) {
	tests := []struct {
		name   string
		addr   netip.Addr
		want   uint32
		wantOK bool
	}{
		{"documentation address", netip.MustParseAddr("192.0.2.1"), 0xc0000201, true},
		{"lowest", netip.MustParseAddr("0.0.0.0"), 0, true},
		{"highest", netip.MustParseAddr("255.255.255.255"), 0xffffffff, true},
		{"IPv4 in 16 bytes", netip.MustParseAddr("::ffff:192.0.2.1"), 0xc0000201, true},
		{"IPv6", netip.MustParseAddr("2001:db8::1"), 0, false},
		{"no address", netip.Addr{}, 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := FromAddr(tt.addr)
			if got != tt.want || ok != tt.wantOK {
				t.Errorf("FromAddr(%v) = %#x, %v, want %#x, %v", tt.addr, got, ok, tt.want, tt.wantOK)
			}
			if back := ToAddr(got); ok && back != tt.addr.Unmap() {
				t.Errorf("ToAddr(%#x) = %v, want %v", got, back, tt.addr.Unmap())
			}
		})
	}
}
