package blocklist

import "testing"

func TestRangeString(t *testing.T) {
	tests := []struct {
		name string
		r    Range
		want string
		len  uint64
	}{
		{"zero value is one address", Range{}, "0.0.0.0", 1},
		{"last address", Range{0xffffffff, 0xffffffff}, "255.255.255.255", 1},
		{"everything", Range{0, 0xffffffff}, "0.0.0.0/0", 1 << 32},
		{"upper half", Range{0x80000000, 0xffffffff}, "128.0.0.0/1", 1 << 31},
		{"prefix of two", Range{0xc6120000, 0xc6120001}, "198.18.0.0/31", 2},
		{"two addresses, not aligned", Range{0xc6120001, 0xc6120002}, "198.18.0.1-198.18.0.2", 2},
		{"aligned, not a power of two", Range{0xc6120000, 0xc6120002}, "198.18.0.0-198.18.0.2", 3},
		{"a power of two, not aligned", Range{0xc6120100, 0xc61202ff}, "198.18.1.0-198.18.2.255", 512},
		{"all but the first", Range{1, 0xffffffff}, "0.0.0.1-255.255.255.255", 1<<32 - 1},
		{"ends before it begins", Range{2, 1}, "0.0.0.2-0.0.0.1", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.r.String(); got != tt.want {
				t.Errorf("String() = %q, want %q", got, tt.want)
			}
			if got := tt.r.Len(); got != tt.len {
				t.Errorf("Len() = %d, want %d", got, tt.len)
			}
		})
	}
}

func TestRangeContains(t *testing.T) {
	r := Range{10, 20}
	for addr, want := range map[uint32]bool{0: false, 9: false, 10: true, 15: true, 20: true, 21: false, 0xffffffff: false} {
		if got := r.Contains(addr); got != want {
			t.Errorf("%v.Contains(%v) = %v, want %v", r, ToAddr(addr), got, want)
		}
	}
}
