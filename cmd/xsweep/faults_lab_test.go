package main

import (
	"encoding/csv"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/blocklist"
	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
)

// A faulty is a scan of a simulated world to which something happens on the way: faultTargets targets at faultRate, then
// a second of cool-down.
type faulty struct {
	*program
	lab   *lab.Lab
	world *lab.Simulation
	dir   string
}

const (
	faultRate    = 20_000
	faultTargets = 40_000
	faultRange   = "198.18.0.3-198.19.255.255"
)

var bothEngines = []string{"xsk", "xdp"}

// startFaulty starts a scan and returns once it has found something.
func startFaulty(t *testing.T, engine string, args ...string) *faulty {
	t.Helper()
	f := &faulty{lab: labtest.New(t, lab.Config{}), dir: t.TempDir()}
	f.world = simulate(t, f.lab, lab.SimConfig{Key: 61, Open: 0.1, CoveragePorts: []uint16{443}})
	f.program = start(t, f.lab, f.dir, append([]string{"--allow-special", "-p", "443", "-r", fmt.Sprint(faultRate), "-n",
		fmt.Sprint(faultTargets), "-c", "1", "--engine", engine, "-e", "5", "-o", "out.csv", "-m", "m.json", faultRange}, args...)...)
	waitForRows(t, filepath.Join(f.dir, "out.csv"))
	return f
}

// end waits for the end, for which it is a minute until it counts as a hang.
func (f *faulty) end(t *testing.T, code int) {
	t.Helper()
	hang := time.AfterFunc(time.Minute, func() { f.cmd.Process.Kill() })
	defer hang.Stop()
	f.waitFor(t, code)
}

// awaitText waits until the log says it.
func (f *faulty) awaitText(t *testing.T, text string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(f.stderr.String(), text); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("nothing about %q in twenty seconds:\n%s", text, &f.stderr)
		}
	}
}

// awaitProbes waits until so many have arrived.
func (f *faulty) awaitProbes(t *testing.T, n uint64) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); f.counters(t).SYNs < n; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d probes in twenty seconds, want %d:\n%s", f.counters(t).SYNs, n, &f.stderr)
		}
	}
}

func (f *faulty) counters(t *testing.T) lab.Counters {
	t.Helper()
	n, err := f.world.Counters()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// checkRows wants whole rows of targets that are open, none of them twice, and as many as the metadata say. It returns
// how many there are.
func (f *faulty) checkRows(t *testing.T) (rows uint64) {
	t.Helper()
	text := read(t, f.dir, "out.csv")
	if !strings.HasSuffix(text, "\n") {
		t.Errorf("the last row is cut: %q", text[max(0, len(text)-30):])
	}
	lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	judge := lab.NewJudge(f.world.Truth)
	for _, row := range lines {
		addr, err := netip.ParseAddr(row[0])
		if err != nil {
			t.Fatal(err)
		}
		n, _ := blocklist.FromAddr(addr)
		judge.Row(n, 443)
	}
	if judge.Wrong+judge.Twice > 0 {
		t.Errorf("%d rows are not true, %d are there twice", judge.Wrong, judge.Twice)
	}
	if _, err := os.Stat(filepath.Join(f.dir, "m.json")); err == nil {
		if m := readMetadata(t, f.dir); m.OutputResults != uint64(len(lines)) {
			t.Errorf("%d rows, the metadata say %d", len(lines), m.OutputResults)
		}
	}
	return uint64(len(lines))
}

// checkComplete is what a scan must come to that has got over its fault: each target probed once, but for missing ones
// at most, and every answer recorded, but for lost ones at most.
func (f *faulty) checkComplete(t *testing.T, missing, lost uint64) {
	t.Helper()
	n := f.counters(t)
	cover, err := f.world.Coverage()
	if err != nil {
		t.Fatal(err)
	}
	if cover.Repeated != 0 || cover.Distinct+missing < faultTargets || cover.Distinct > faultTargets {
		t.Errorf("%d distinct targets probed, %d more than once; want %d, 0", cover.Distinct, cover.Repeated, faultTargets)
	}
	if rows := f.checkRows(t); rows+lost < n.Open || rows > n.Open {
		t.Errorf("%d rows, the world accepted %d", rows, n.Open)
	}
	if m := readMetadata(t, f.dir); m.Ended != "maximum number of targets probed" || m.Error != "" || m.PacketsSent != faultTargets {
		t.Errorf("the metadata say %q, %q, %d packets sent", m.Ended, m.Error, m.PacketsSent)
	}
	if t.Failed() {
		t.Logf("%+v\n%s", n, &f.stderr)
	}
}

// checkFailure wants an error that says want, in the last lines and in the metadata, and rows that are whole.
func (f *faulty) checkFailure(t *testing.T, want, hint string) {
	t.Helper()
	f.checkRows(t)
	if m := readMetadata(t, f.dir); m.Ended != "failed" || !strings.Contains(m.Error, want) {
		t.Errorf("the metadata say %q, %q; want failed, %q", m.Ended, m.Error, want)
	}
	var errors, hints []string
	for line := range strings.Lines(f.stderr.String()) {
		switch {
		case strings.HasPrefix(line, "xsweep: hint: "):
			hints = append(hints, line)
		case strings.HasPrefix(line, "xsweep: "):
			errors = append(errors, line)
		}
	}
	if len(errors) != 1 || !strings.Contains(errors[0], want) || len(hints) != 1 || !strings.Contains(hints[0], hint) {
		t.Errorf("errors %q, hints %q; want one with %q and one with %q", errors, hints, want, hint)
	}
	if !strings.Contains(f.stderr.String(), "scan ended: failed, probes=") {
		t.Errorf("there is no summary:\n%s", &f.stderr)
	}
}

// checkPace wants no second and no tenth of one with more probes than the limiter allows, which makes up for what it lost
// a quarter faster than the rate, after a burst of ten milliseconds' worth; and the sender may have been kept from the
// core between asking for that and sending it. A batch may have waited with the engine, and a ring of the device's.
func (f *faulty) checkPace(t *testing.T) {
	t.Helper()
	const burst, batch, ring = faultRate / 100, 256, 256
	windows, err := f.world.RateWindows() // of a millisecond
	if err != nil {
		t.Fatal(err)
	}
	for _, width := range []int{1000, 100} { // milliseconds
		sum, worst, most := 0, 0, faultRate*width/1000*5/4+2*burst+batch+ring
		for i, n := range windows {
			sum += int(n)
			if i >= width {
				sum -= int(windows[i-width])
			}
			worst = max(worst, sum)
		}
		t.Logf("%d probes at most within %d ms: %.2f times the rate", worst, width, float64(worst)/faultRate*1000/float64(width))
		if worst > most {
			t.Errorf("%d probes within %d ms, want %d at most", worst, width, most)
		}
	}
}

// setUp sets a host's interface up or down.
func setUp(h *lab.Host, up bool) error {
	return changeLink(h, func(dev netlink.Link) error {
		if up {
			return netlink.LinkSetUp(dev)
		}
		return netlink.LinkSetDown(dev)
	})
}

// changeLink does something to a host's interface, under whatever name.
func changeLink(h *lab.Host, change func(netlink.Link) error) error {
	return h.Do(func() error {
		dev, err := netlink.LinkByIndex(h.Ifindex())
		if err != nil {
			return err
		}
		return change(dev)
	})
}

// must ends a test that could not do what it is about.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (f *faulty) signal(sig unix.Signal) { f.cmd.Process.Signal(sig) }
