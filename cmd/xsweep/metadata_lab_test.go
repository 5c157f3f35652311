package main

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
)

// metadata is what tests look at.
type metadata struct {
	Ended, Error                   string
	LocalHostname                  string   `json:"local_hostname"`
	TargetPorts                    []uint16 `json:"target_ports"`
	MaxTargets                     int64    `json:"max_targets"`
	OutputResults                  uint64   `json:"output_results"`
	Iface, Engine, Kernel, Version string
	Rate                           float64
	Senders, Queues                int
	Seed, Generator                uint64
	SeedProvided                   int      `json:"seed_provided"`
	Allowed                        uint64   `json:"blocklist_total_allowed"`
	NotAllowed                     uint64   `json:"blocklist_total_not_allowed"`
	PacketsSent                    uint64   `json:"packets_sent"`
	TargetsScanned                 uint64   `json:"targets_scanned"`
	SuccessTotal                   uint64   `json:"success_total"`
	SuccessUnique                  uint64   `json:"success_unique"`
	FailureTotal                   uint64   `json:"failure_total"`
	ValidationPassed               uint64   `json:"validation_passed"`
	Received                       uint64   `json:"pcap_recv"`
	SendStart                      string   `json:"send_start_time"`
	SendEnd                        string   `json:"send_end_time"`
	RecvEnd                        string   `json:"recv_end_time"`
	GatewayMAC                     string   `json:"gateway_mac"`
	GatewayIP                      string   `json:"gateway_ip"`
	SourceIPs                      []string `json:"source_ips"`
	Destinations                   []string `json:"cli_cidr_destinations"`
	Dedup                          string   `json:"deduplication_method"`
	Window                         uint64   `json:"deduplication_window_size"`
	Blocked                        []string `json:"blocklisted_networks"`
	Wanted                         []string `json:"allowlisted_networks"`
	CommandLine                    []string `json:"command_line"`
	XDPMode                        string   `json:"xdp_mode"`
	AFXDPMode                      string   `json:"af_xdp_mode"`
	ScanID                         string   `json:"scan_id"`
	Paused                         float64  `json:"output_paused_secs"`
	Resumed                        int      `json:"resumed"`
	Unprobed                       uint64   `json:"targets_not_scanned"`
	Drops                          map[string]uint64
}

// readMetadata reads dir/m.json, of which no part may be left beside it.
func readMetadata(t *testing.T, dir string) metadata {
	t.Helper()
	var m metadata
	if err := json.Unmarshal([]byte(read(t, dir, "m.json")), &m); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "m.json.partial")); err == nil {
		t.Error("m.json.partial is left")
	}
	return m
}

// TestMetadata holds the metadata of a scan against what the world saw.
func TestMetadata(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 41, Open: 0.1, Closed: 0.1, Duplicate: 0.3})
	dir := t.TempDir()
	p := start(t, l, dir, "--allow-special", "-p", "443,80", "-r", "20k", "-c", "1", "-q", "-f", "saddr", "-o", "out.csv", "-m", "m.json",
		"-e", "18446744073709551615", "--dedup-method", "window", "--dedup-window-size", "5000", "-b", "/dev/null", "198.18.16.0/22")
	p.waitFor(t, exitDone)
	n, err := world.Counters()
	if err != nil {
		t.Fatal(err)
	}
	m := readMetadata(t, dir)
	rows := uint64(strings.Count(read(t, dir, "out.csv"), "\n")) - 1
	open := world.CountOpen(0xc6121000, 0xc61213ff, []uint16{80, 443})
	for _, c := range []struct {
		what      string
		got, want uint64
	}{
		{"output_results", m.OutputResults, rows},
		{"packets_sent", m.PacketsSent, n.SYNs},
		{"targets_scanned", m.TargetsScanned, 2048},
		{"success_unique", m.SuccessUnique, open},
		{"success_total + failure_total", m.SuccessTotal + m.FailureTotal, rows},
		{"validation_passed", m.ValidationPassed, rows},
		{"pcap_recv", m.Received, rows},
		{"blocklist_total_allowed", m.Allowed, 1024},
		{"blocklist_total_not_allowed", m.NotAllowed, 1<<32 - 1024},
		{"seed", m.Seed, 1<<64 - 1},
		{"seed_provided", uint64(m.SeedProvided), 1},
		{"deduplication_window_size", m.Window, 5000},
		{"rate", uint64(m.Rate), 20000},
	} {
		if c.got != c.want {
			t.Errorf("%s is %d, want %d", c.what, c.got, c.want)
		}
	}
	for _, c := range []struct{ what, got, want string }{
		{"ended", m.Ended, "all targets probed"},
		{"error", m.Error, ""},
		{"iface", m.Iface, "scan0"},
		{"engine", m.Engine + " " + m.XDPMode + " " + m.AFXDPMode, "xsk native copy"},
		{"gateway", m.GatewayMAC + " " + m.GatewayIP, l.World.MAC().String() + " 198.18.0.2"},
		{"source_ips", strings.Join(m.SourceIPs, " "), "198.18.0.1"},
		{"cli_cidr_destinations", strings.Join(m.Destinations, " "), "198.18.16.0/22"},
		{"allowlisted_networks", strings.Join(m.Wanted, " "), "198.18.16.0/22"},
		{"deduplication_method", m.Dedup, "window"},
	} {
		if c.got != c.want {
			t.Errorf("%s is %q, want %q", c.what, c.got, c.want)
		}
	}
	if m.MaxTargets != -1 || m.Generator == 0 || m.Senders < 1 || m.Queues < 1 || m.Kernel == "" || m.ScanID == "" || m.SuccessTotal <= m.SuccessUnique {
		t.Errorf("metadata: %+v", m)
	}
	if !slices.Contains(m.CommandLine, "--dedup-window-size") || m.SendStart == "" || m.SendEnd < m.SendStart || m.RecvEnd <= m.SendEnd {
		t.Errorf("command line %q, sent from %s to %s, received until %s", m.CommandLine, m.SendStart, m.SendEnd, m.RecvEnd)
	}
}

// TestMetadataOfEveryEnd: they are there, and say how it ended, unless the process was killed.
func TestMetadataOfEveryEnd(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	simulate(t, l, lab.SimConfig{Key: 42, Open: 0.1})
	tests := []struct {
		name    string
		args    []string
		signals []os.Signal
		code    int
		ended   string
		wrong   string // a part of the error
	}{
		{name: "interrupted once", args: []string{"-c", "1"}, signals: []os.Signal{unix.SIGINT}, code: exitDone, ended: "stopped"},
		{name: "interrupted twice", args: []string{"-c", "3600"}, signals: []os.Signal{unix.SIGINT, unix.SIGINT}, code: exitFailed,
			ended: "cancelled", wrong: "interrupted a second time"},
		{name: "terminated", args: []string{"-c", "1"}, signals: []os.Signal{unix.SIGTERM}, code: exitDone, ended: "stopped"},
		{name: "all the results", args: []string{"-N", "500"}, code: exitDone, ended: "maximum number of results reached"},
		{name: "all the time", args: []string{"-t", "1", "-c", "1"}, code: exitDone, ended: "maximum runtime reached"},
		{name: "too few hits", args: []string{"--min-hitrate", "50", "-c", "1"}, code: exitFailed, ended: "hit rate too low",
			wrong: "below 50% for "},
		{name: "killed", args: []string{"-c", "1"}, signals: []os.Signal{unix.SIGKILL}, code: -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			p := start(t, l, dir, append(tt.args, "--allow-special", "-p", "443", "-r", "5k", "-v", "2", "-q", "-o", "out.csv", "-m", "m.json",
				"198.18.0.3-198.19.255.255")...)
			if tt.signals != nil {
				waitForRows(t, filepath.Join(dir, "out.csv"))
			}
			for _, sig := range tt.signals {
				p.cmd.Process.Signal(sig)
				time.Sleep(100 * time.Millisecond) // two signals that wait for delivery at once are one
			}
			p.waitFor(t, tt.code)
			if tt.ended == "" {
				if left, err := filepath.Glob(filepath.Join(dir, "m.json*")); err != nil || len(left) > 0 {
					t.Errorf("%v is left", left)
				}
				return
			}
			m := readMetadata(t, dir)
			if m.Ended != tt.ended || (m.Error == "") != (tt.wrong == "") || !strings.Contains(m.Error, tt.wrong) {
				t.Errorf("the metadata say %q, %q; want %q, %q", m.Ended, m.Error, tt.ended, tt.wrong)
			}
			if rows := strings.Count(read(t, dir, "out.csv"), "\n"); m.OutputResults != uint64(rows) {
				t.Errorf("%d rows, the metadata say %d", rows, m.OutputResults)
			}
		})
	}
}

// TestMaxSendFailures gives up when the link goes down.
func TestMaxSendFailures(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	simulate(t, l, lab.SimConfig{Key: 45, Open: 0.1})
	dir := t.TempDir()
	p := start(t, l, dir, "--allow-special", "-p", "443", "-r", "5k", "-v", "2", "-q", "-c", "1", "-o", "out.csv", "-m", "m.json",
		"--max-sendto-failures", "3", "198.18.0.3-198.19.255.255")
	waitForRows(t, filepath.Join(dir, "out.csv"))
	if err := l.Scanner.Do(func() error {
		dev, err := netlink.LinkByName(l.Scanner.Interface())
		if err != nil {
			return err
		}
		return netlink.LinkSetDown(dev)
	}); err != nil {
		t.Fatal(err)
	}
	p.waitFor(t, exitFailed)
	m := readMetadata(t, dir)
	if m.Ended != "too many send failures" || !strings.Contains(m.Error, "are more than 3") || m.OutputResults == 0 {
		t.Errorf("the metadata say %q, %q, %d rows", m.Ended, m.Error, m.OutputResults)
	}
}

// TestStatusUpdates wants a row a second and one at the end, each with ZMap's columns, and nothing sent after the end of
// sending.
func TestStatusUpdates(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	simulate(t, l, lab.SimConfig{Key: 43, Open: 0.1})
	dir := t.TempDir()
	p := start(t, l, dir, "--allow-special", "-p", "443", "-r", "10k", "-n", "20000", "-c", "2", "-o", "out.csv", "-u", "u.csv", "198.18.0.3-198.19.255.255")
	p.waitFor(t, exitDone)
	rows, err := csv.NewReader(strings.NewReader(read(t, dir, "u.csv"))).ReadAll() // it checks the number of columns
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) < 1+4 || len(rows) > 1+7 || len(rows[0]) != 21 {
		t.Fatalf("%d rows of %d columns for 4 seconds", len(rows)-1, len(rows[0]))
	}
	column := func(row []string, name string) float64 {
		v, err := strconv.ParseFloat(row[slices.Index(rows[0], name)], 64)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	last, first := rows[len(rows)-1], rows[1]
	hits := strings.Count(read(t, dir, "out.csv"), "\n")
	if column(last, "sent-total") != 20000 || column(last, "percent-complete") != 100 || column(last, "recv-success-total") != float64(hits) {
		t.Errorf("the last row: %q; there are %d hits", last, hits)
	}
	if column(last, "sent-last-one-sec") != 0 || column(last, "active-send-threads") != 0 {
		t.Errorf("still sending in the last row: %q", last)
	}
	if column(first, "active-send-threads") != 1 || column(first, "sent-last-one-sec") == 0 || column(first, "sent-last-one-sec") > 13000 {
		t.Errorf("the first row: %q", first)
	}
	for i, row := range rows[1 : len(rows)-1] { // the last comes when the scan ends
		if column(row, "time-elapsed") != float64(i+1) {
			t.Errorf("row %d has the time %v", i+1, column(row, "time-elapsed"))
		}
	}
	lines := strings.Count(p.stderr.String(), "; hitrate: ")
	if lines != len(rows)-1 {
		t.Errorf("%d monitor lines, %d rows", lines, len(rows)-1)
	}
}

// TestRateSignals makes a scan faster by signals, and slower again.
func TestRateSignals(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 44, Drop: true})
	p := start(t, l, t.TempDir(), "--allow-special", "--no-backoff", "-p", "1-16", "-r", "10k", "-c", "0", "-q", "-o", "/dev/null",
		"198.18.0.3-198.19.255.255")
	changes := func() int { return strings.Count(p.stderr.String(), "rate changed, pps=") }
	send := func(sig os.Signal, times int) { // one after the other: two that wait for delivery at once are one
		for want := changes() + times; changes() < want; {
			before := changes()
			p.cmd.Process.Signal(sig)
			waitUntil(t, "a change of the rate", func() bool { return changes() > before })
		}
	}
	arriving := func(from, to float64) func() bool {
		return func() bool {
			if err := world.Reset(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			n, err := world.Counters()
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%.0f packets per second, want %.0f to %.0f", n.RatePPS(), from, to)
			return n.RatePPS() >= from && n.RatePPS() <= to
		}
	}
	waitUntil(t, "10,000 packets per second", arriving(9e3, 11e3))
	send(unix.SIGUSR1, 20) // 1.05^20 = 2.65
	waitUntil(t, "more than twice as many after SIGUSR1", arriving(20e3, 30e3))
	send(unix.SIGUSR2, 20) // 0.95^20 = 0.36
	waitUntil(t, "as many as before after SIGUSR2", arriving(8e3, 11e3))
	p.cmd.Process.Signal(unix.SIGINT)
	p.waitFor(t, exitDone)
	if n := changes(); n != 40 {
		t.Errorf("%d changes of the rate in the log, want 40", n)
	}
}
