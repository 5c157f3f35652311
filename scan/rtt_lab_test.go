package scan

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
	"github.com/xsweep/xsweep/output"
	"github.com/xsweep/xsweep/packet"
)

// TestScanMeasuresRoundTrips scans real TCP stacks, which echo timestamps, at a distance that the kernel makes for it.
func TestScanMeasuresRoundTrips(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	var listeners []netip.AddrPort
	for i := range 50 {
		listeners = append(listeners, netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 18, 1, byte(i)}), 443))
	}
	world, err := l.KernelWorld(listeners)
	if err != nil {
		t.Fatal(err)
	}
	before, err := world.Counters()
	if err != nil {
		t.Fatal(err)
	}
	for _, delay := range []time.Duration{0, 30 * time.Millisecond} {
		for i, profile := range []packet.Profile{packet.Linux, packet.BSD, packet.Linux, packet.BSD} {
			engine := bothEngines[i/2]
			t.Run(fmt.Sprintf("%v/%v/%v", delay, profile, engine), func(t *testing.T) {
				if delay > 0 && !putAway(t, l.World, delay) {
					t.Skip("the kernel has no netem to make a distance with")
				}
				cfg := labConfig(t, l, 5000, 443)
				cfg.Targets, cfg.RTT, cfg.Link.Profile, cfg.Engine = set(t, "198.18.1.0/24"), true, profile, engine
				checkRTT(t, runForRTT(t, l, cfg), len(listeners), float64(delay.Milliseconds()))
			})
		}
	}
	after, err := world.Counters()
	if err != nil || after.InCsumErrors != before.InCsumErrors || after.InHdrErrors != before.InHdrErrors {
		t.Errorf("the kernel counts errors in our packets: before %+v, after %+v, %v", before, after, err)
	}
}

// checkRTT wants so many open ports, all of them at a distance of low to low+100 milliseconds.
func checkRTT(t *testing.T, rows [][]string, want int, low float64) {
	t.Helper()
	open := 0
	for _, row := range rows {
		if row[0] == "rst" { // the kernel's have no options
			continue
		}
		open++
		if ms, err := strconv.ParseFloat(row[1], 64); err != nil || ms < low || ms > low+100 {
			t.Errorf("an answer took %q ms", row[1])
		}
	}
	if open != want {
		t.Errorf("%d open ports found, %d are there", open, want)
	}
}

// putAway has a host send everything later, if its kernel can.
func putAway(t *testing.T, h *lab.Host, by time.Duration) bool {
	t.Helper()
	err := h.Do(func() error {
		dev, err := netlink.LinkByName(h.Interface())
		if err != nil {
			return err
		}
		return netlink.QdiscReplace(netlink.NewNetem(
			netlink.QdiscAttrs{LinkIndex: dev.Attrs().Index, Handle: netlink.MakeHandle(1, 0), Parent: netlink.HANDLE_ROOT},
			netlink.NetemQdiscAttrs{Latency: uint32(by.Microseconds()), Limit: 10000}))
	})
	if err != nil {
		t.Logf("netem: %v", err)
	}
	return err == nil
}

// runForRTT returns classification and rtt of each row.
func runForRTT(t *testing.T, l *lab.Lab, cfg Config) [][]string {
	t.Helper()
	return runForRows(t, openScan(t, l, cfg), output.Config{}, "classification,rtt")
}

// runForRows returns these fields of each row.
func runForRows(t *testing.T, s *Scan, cfg output.Config, names string) [][]string {
	t.Helper()
	var text bytes.Buffer
	var err error
	if cfg.Fields, err = output.ParseFields(names); err != nil {
		t.Fatal(err)
	}
	out, err := output.NewWriter(&text, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Run(context.Background(), out, nil); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&text).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestRTTWantsTimestamps refuses profiles without.
func TestRTTWantsTimestamps(t *testing.T) {
	cfg := dry(t, set(t, "198.18.0.0/24"), 80)
	cfg.RTT = true
	if _, err := prepare(cfg); !errors.Is(err, ErrConfig) {
		t.Errorf("prepare: %v, want ErrConfig", err)
	}
	cfg.Link.Profile = packet.BSD
	if _, err := prepare(cfg); err != nil {
		t.Error(err)
	}
}
