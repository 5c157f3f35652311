package nexthop

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vishvananda/netlink"
)

// solicit is the neighbour state machine of Linux as far as resolve sees it: each question is repeated for three
// seconds, then the entry fails, unless the gateway answers after so many seconds of the whole.
func solicit(k *fakeKernel, answersAfter time.Duration) {
	var begun time.Time
	var round int
	start := time.Now()
	k.neigh = func(asked int) netlink.Neigh {
		if asked != round {
			round, begun = asked, time.Now()
		}
		switch {
		case asked == 0:
			return netlink.Neigh{State: netlink.NUD_NONE}
		case time.Since(start) >= answersAfter:
			return netlink.Neigh{State: netlink.NUD_REACHABLE, HardwareAddr: gatewayMAC}
		case time.Since(begun) >= 3*time.Second:
			return netlink.Neigh{State: netlink.NUD_FAILED}
		}
		return netlink.Neigh{State: netlink.NUD_INCOMPLETE}
	}
}

func TestResolve(t *testing.T) {
	tests := []struct {
		name    string
		answers time.Duration // after the first question
		timeout time.Duration
		asked   int
		want    error
	}{
		{name: "answers at once", answers: 0, asked: 1},
		{name: "answers the third question of the kernel", answers: 2500 * time.Millisecond, asked: 1},
		{name: "answers after the kernel gave up", answers: 3500 * time.Millisecond, asked: 2},
		{name: "never answers", answers: time.Hour, asked: 2, want: ErrUnreachable},
		{name: "never answers, little time", answers: time.Hour, timeout: time.Second, asked: 1, want: ErrUnreachable},
		{name: "never answers, much time", answers: time.Hour, timeout: time.Minute, asked: 2, want: ErrUnreachable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := lan()
				solicit(k, tt.answers)
				p, err := find(t.Context(), k, Request{Targets: []uint32{ip(t, "198.18.5.5")}, Timeout: tt.timeout})
				if !errors.Is(err, tt.want) {
					t.Fatalf("find: %v, want %v", err, tt.want)
				}
				if k.asked != tt.asked {
					t.Errorf("asked %d times, want %d", k.asked, tt.asked)
				}
				if err == nil && (p.NextHopMAC != [6]byte(gatewayMAC) || !strings.HasSuffix(p.How, "(ARP, asked)")) {
					t.Errorf("NextHopMAC %x, How %q", p.NextHopMAC, p.How)
				}
			})
		})
	}
}

func TestResolveText(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := lan()
		solicit(k, time.Hour)
		_, err := find(t.Context(), k, Request{Targets: []uint32{ip(t, "198.18.5.5")}})
		if want := "gateway 198.18.0.2 on scan0: no answer to ARP in 4s"; err == nil || err.Error() != want {
			t.Errorf("find:\n got %v\nwant %s", err, want)
		}
	})
}

func TestResolveEndsWithContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := lan()
		solicit(k, time.Hour)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := find(ctx, k, Request{Targets: []uint32{ip(t, "198.18.5.5")}})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("find: %v, want the context's error", err)
		}
	})
}

func TestUsable(t *testing.T) {
	mac := net.HardwareAddr{2, 0, 0, 0, 0, 1}
	tests := []struct {
		name  string
		state int
		mac   net.HardwareAddr
		want  bool
	}{
		{"reachable", netlink.NUD_REACHABLE, mac, true},
		{"stale", netlink.NUD_STALE, mac, true},
		{"delay", netlink.NUD_DELAY, mac, true},
		{"probe", netlink.NUD_PROBE, mac, true},
		{"permanent", netlink.NUD_PERMANENT, mac, true},
		{"noarp", netlink.NUD_NOARP, mac, true},
		{"noarp of a tunnel", netlink.NUD_NOARP, nil, false},
		{"absent", netlink.NUD_NONE, nil, false},
		{"incomplete", netlink.NUD_INCOMPLETE, nil, false},
		{"failed, with the address it had", netlink.NUD_FAILED, mac, false},
		{"broadcast", netlink.NUD_NOARP, net.HardwareAddr(broadcast), false},
		{"an address of zeros", netlink.NUD_REACHABLE, make(net.HardwareAddr, 6), false},
	}
	for _, tt := range tests {
		if got := usable(&netlink.Neigh{State: tt.state, HardwareAddr: tt.mac}); got != tt.want {
			t.Errorf("%s: usable = %v, want %v", tt.name, got, tt.want)
		}
	}
}
