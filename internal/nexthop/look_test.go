package nexthop

import (
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
)

// TestLook takes what the table holds and never asks.
func TestLook(t *testing.T) {
	tests := []struct {
		name   string
		entry  netlink.Neigh
		target string
		known  bool
		how    string // the end of it
	}{
		{"an old entry", netlink.Neigh{State: netlink.NUD_STALE, HardwareAddr: gatewayMAC}, "203.0.113.5", true, "(neighbour table)"},
		{"no entry", netlink.Neigh{}, "203.0.113.5", false, "not known yet (nobody has asked lately)"},
		{"asked in vain", netlink.Neigh{State: netlink.NUD_FAILED}, "203.0.113.5", false, "not known yet (it did not answer lately)"},
		{"being asked", netlink.Neigh{State: netlink.NUD_INCOMPLETE}, "203.0.113.5", false, "not known yet (nobody has asked lately)"},
		{"on the link", netlink.Neigh{}, "198.18.0.7", true, "targets on the link"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			k := lan()
			k.neigh = func(int) netlink.Neigh { return tt.entry }
			p, err := find(t.Context(), k, Request{Targets: []uint32{ip(t, tt.target)}, look: true})
			if err != nil {
				t.Fatal(err)
			}
			if p.Known() != tt.known || !strings.HasSuffix(p.How, tt.how) {
				t.Errorf("Known() = %v, How = %q, want %v and %q at the end", p.Known(), p.How, tt.known, tt.how)
			}
			if k.asked != 0 {
				t.Errorf("asked %d times", k.asked)
			}
		})
	}
}

// TestLookIsSilent listens at the far end of the wire, where Find would be heard asking.
func TestLookIsSilent(t *testing.T) {
	w := ordinary(t)
	tap := w.tap(t, "peer0")
	p, err := Look(t.Context(), Request{Targets: []uint32{ip(t, "203.0.113.5")}})
	if err != nil {
		t.Fatal(err)
	}
	if p.Known() || p.Learned != "nobody has asked lately" {
		t.Errorf("Known() = %v, Learned = %q for a gateway that nobody has asked", p.Known(), p.Learned)
	}
	if n := len(heard(t, tap)); n != 0 {
		t.Errorf("%d ARP packets arrived, want none", n)
	}
}
