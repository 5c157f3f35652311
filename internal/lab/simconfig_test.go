package lab

import (
	"math"
	"net/netip"
	"testing"
)

// TestConfigErrors refuses what cannot be simulated.
func TestConfigErrors(t *testing.T) {
	tests := []struct {
		name string
		cfg  SimConfig
		ok   bool
	}{
		{"zero value", SimConfig{}, true},
		{"shares that add up to one", SimConfig{Open: 0.1, Closed: 0.2, ICMP: 0.7}, true},
		{"negative share", SimConfig{Open: -0.1}, false},
		{"share above one", SimConfig{Loss: 1.1}, false},
		{"not a number", SimConfig{WrongAck: math.NaN()}, false},
		{"shares above one together", SimConfig{Open: 0.5, Closed: 0.6}, false},
		{"ipv6", SimConfig{Network: netip.MustParsePrefix("2001:db8::/64")}, false},
		{"host bits", SimConfig{Network: netip.MustParsePrefix("198.18.0.1/15")}, false},
		{"too many copies", SimConfig{DuplicateCopies: 16}, false},
		{"too many ports to cover", SimConfig{CoveragePorts: make([]uint16, 65)}, false},
		{"too many addresses to cover", SimConfig{CoveragePorts: []uint16{1}, Network: netip.MustParsePrefix("198.16.0.0/14")}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := tt.cfg.withDefaults(); (err == nil) != tt.ok {
				t.Errorf("withDefaults: %v, want ok: %v", err, tt.ok)
			}
		})
	}
	if _, err := coverageBits([]uint16{80, 443, 80}); err == nil {
		t.Error("coverageBits takes a port twice")
	}
}
