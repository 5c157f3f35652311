package main

import (
	"bytes"
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
)

// TestGatewayWatch says once that the gateway has another MAC address, and once that it has the old one again.
func TestGatewayWatch(t *testing.T) {
	first, second := [6]byte{2, 1}, [6]byte{2, 2}
	var log bytes.Buffer
	var mac [6]byte
	var ok bool
	var err error
	g := &gatewayWatch{look: func() ([6]byte, bool, error) { return mac, ok, err }, gateway: 0xc6120002, sentTo: first, last: first,
		log: slog.New(slog.NewTextHandler(&log, nil))}
	for _, step := range []struct {
		mac  [6]byte
		ok   bool
		err  error
		want string
	}{
		{first, true, nil, ""},
		{second, false, nil, ""}, // being asked
		{second, true, errors.New("no files"), ""},
		{second, true, nil, "level=WARN msg=\"the gateway has another MAC address now"},
		{second, true, nil, ""},
		{first, true, nil, "level=INFO msg=\"the gateway has the MAC address again"},
		{first, true, nil, ""},
	} {
		log.Reset()
		mac, ok, err = step.mac, step.ok, step.err
		g.check()
		if got := log.String(); !strings.Contains(got, step.want) || step.want == "" && got != "" {
			t.Errorf("%v, %v, %v: the log has %q, want %q", step.mac, step.ok, step.err, got, step.want)
		}
	}
	(*gatewayWatch)(nil).check() // nothing to be watched
}

// TestGatewayChanges has another router take the gateway's address in mid-scan: the log tells, and probes go where they went.
func TestGatewayChanges(t *testing.T) {
	f := startFaulty(t, "xsk", "-n", "80000")
	must(t, f.lab.Scanner.Do(func() error {
		return netlink.NeighSet(&netlink.Neigh{LinkIndex: f.lab.Scanner.Ifindex(), IP: net.IPv4(198, 18, 0, 2),
			State: netlink.NUD_PERMANENT, HardwareAddr: net.HardwareAddr{2, 0, 0, 0, 0, 99}})
	}))
	f.awaitText(t, "the gateway has another MAC address now")
	f.end(t, exitDone)
	if n := f.counters(t); n.SYNs != 80_000 {
		t.Errorf("%d probes arrived where they went before, want 80000", n.SYNs)
	}
	if text := f.stderr.String(); strings.Count(text, "another MAC address") != 1 || !strings.Contains(text, "mac=02:00:00:00:00:63") {
		t.Errorf("the log:\n%s", text)
	}
}
