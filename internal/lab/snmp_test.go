package lab

import (
	"maps"
	"strings"
	"testing"
)

func TestParseSNMP(t *testing.T) {
	tests := []struct {
		name string
		in   string
		want map[string]uint64
		ok   bool
	}{
		{"nothing", "", map[string]uint64{}, true},
		{
			"two groups, a negative value left out",
			"Ip: Forwarding InReceives\nIp: 2 1023\nTcp: MaxConn InSegs\nTcp: -1 18446744073709551615\n",
			map[string]uint64{"IpForwarding": 2, "IpInReceives": 1023, "TcpInSegs": 18446744073709551615}, true,
		},
		{"names without values", "Ip: Forwarding\n", map[string]uint64{}, true},
		{"too few values", "Ip: Forwarding InReceives\nIp: 2\n", map[string]uint64{}, false},
		{"values of another group", "Ip: Forwarding\nTcp: 2\n", map[string]uint64{}, false},
		{"empty lines", "\n\n", map[string]uint64{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := map[string]uint64{}
			err := parseSNMP(got, strings.NewReader(tt.in))
			if (err == nil) != tt.ok || !maps.Equal(got, tt.want) {
				t.Errorf("parseSNMP = %v, %v; want %v, ok: %v", got, err, tt.want, tt.ok)
			}
		})
	}
}
