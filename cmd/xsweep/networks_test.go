package main

import (
	"fmt"
	"testing"

	"github.com/xsweep/xsweep/blocklist"
)

func TestNetworks(t *testing.T) {
	tests := []struct {
		name   string
		ranges []string
		want   string
	}{
		{"none", nil, "[]"},
		{"all of IPv4", []string{"0.0.0.0/0"}, "[0.0.0.0/0]"},
		{"a network is one prefix", []string{"198.18.0.0/15"}, "[198.18.0.0/15]"},
		{"a range that is none", []string{"198.18.0.3-198.18.0.8"}, "[198.18.0.3/32 198.18.0.4/30 198.18.0.8/32]"},
		{"the last address", []string{"255.255.255.254-255.255.255.255", "0.0.0.0"}, "[0.0.0.0/32 255.255.255.254/31]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var ranges []blocklist.Range
			for _, text := range tt.ranges {
				r, err := blocklist.Parse(text)
				if err != nil {
					t.Fatal(err)
				}
				ranges = append(ranges, r)
			}
			if got := fmt.Sprint(networks(blocklist.New(ranges...))); got != tt.want {
				t.Errorf("networks(%v) = %s, want %s", tt.ranges, got, tt.want)
			}
		})
	}
}

// TestNetworksOfALongList leaves it to the file that it came from.
func TestNetworksOfALongList(t *testing.T) {
	var ranges []blocklist.Range
	for i := range uint32(maxNetworks + 1) {
		ranges = append(ranges, blocklist.Range{First: 2 * i, Last: 2 * i})
	}
	if got := networks(blocklist.New(ranges...)); got != nil {
		t.Errorf("%d networks, want none", len(got))
	}
}
