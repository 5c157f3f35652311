package main

import (
	"testing"

	"github.com/xsweep/xsweep/packet"
)

func TestParseProbeArgs(t *testing.T) {
	tests := []struct {
		text    string
		profile packet.Profile
		rtt, ok bool
	}{
		{text: "smallest-probes", profile: packet.SmallestProbes, ok: true},
		{text: "windows", profile: packet.Windows, ok: true},
		{text: "linux,rtt", profile: packet.Linux, rtt: true, ok: true},
		{text: "rtt, bsd", profile: packet.BSD, rtt: true, ok: true},
		{text: "rtt", profile: packet.Linux, rtt: true, ok: true},
		{text: "windows,rtt"},
		{text: "linux,bsd"},
		{text: "linux,ja4t"},
		{text: "plan9"},
		{text: ""},
	}
	for _, tt := range tests {
		profile, rtt, err := parseProbeArgs(tt.text)
		if profile != tt.profile || rtt != tt.rtt || (err == nil) != tt.ok {
			t.Errorf("parseProbeArgs(%q) = %v, %v, %v; want %v, %v", tt.text, profile, rtt, err, tt.profile, tt.rtt)
		}
	}
}
