package main

import (
	"encoding/csv"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
)

// TestStopAndContinue has the process stopped by SIGSTOP in mid-scan, as by Ctrl-Z, and goes on with SIGCONT: no burst
// makes up for the time, no target and no answer is lost, and the figures of the monitor stay what they are.
func TestStopAndContinue(t *testing.T) {
	for _, engine := range bothEngines {
		t.Run(engine, func(t *testing.T) {
			f := startFaulty(t, engine, "-u", "u.csv")
			f.awaitProbes(t, 10_000)
			f.signal(unix.SIGSTOP)
			time.Sleep(50 * time.Millisecond)
			before := f.counters(t).SYNs
			time.Sleep(faultTime(t, 4*time.Second))
			if after := f.counters(t).SYNs; after != before {
				t.Errorf("%d probes arrived while the process was stopped", after-before)
			}
			f.signal(unix.SIGCONT)
			f.end(t, exitDone)
			f.checkComplete(t, 0, 0)
			f.checkPace(t)
			f.checkStatus(t)
			if drops := readMetadata(t, f.dir).Drops; drops["ring_full"]+drops["no_frame"] != 0 {
				t.Errorf("answers were lost: %v", drops)
			}
		})
	}
}

// checkStatus wants sane rates in every row of the status updates, and times that go forward.
func (f *faulty) checkStatus(t *testing.T) {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(read(t, f.dir, "u.csv"))).ReadAll()
	must(t, err)
	column := func(row []string, name string) float64 {
		v, err := strconv.ParseFloat(row[slices.Index(rows[0], name)], 64)
		must(t, err)
		return v
	}
	elapsed := -1.0
	for _, row := range rows[1:] {
		sent, found := column(row, "sent-last-one-sec"), column(row, "recv-success-last-one-sec")
		if sent > 1.5*faultRate || found > 0.15*1.5*faultRate || column(row, "percent-complete") > 100 || column(row, "time-elapsed") < elapsed {
			t.Errorf("a row of the status updates: %q", row)
		}
		elapsed = column(row, "time-elapsed")
	}
}

// TestStopInCooldown stops the process in the cool-down, for longer than that lasts. What comes meanwhile waits in the
// rings and is recorded: here a listener repeats itself after one second and after three, because it gets no RST.
func TestStopInCooldown(t *testing.T) {
	for _, engine := range bothEngines {
		t.Run(engine, func(t *testing.T) {
			l := labtest.New(t, lab.Config{})
			open := netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 18, 7, 7}), 443)
			if _, err := l.KernelWorld([]netip.AddrPort{open}); err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			f := &faulty{lab: l, dir: dir, program: start(t, l, dir, "--allow-special", "-p", "443", "-c", "3", "--engine", engine, "--rst", "none",
				"-f", "classification,repeat", "-o", "out.csv", "198.18.7.0/24")}
			waitForRows(t, filepath.Join(dir, "out.csv"))
			f.signal(unix.SIGSTOP)
			time.Sleep(faultTime(t, 4*time.Second))
			f.signal(unix.SIGCONT)
			f.end(t, exitDone)
			text := read(t, dir, "out.csv")
			if strings.Count(text, "\nsynack,0\n") != 1 || strings.Count(text, "synack,1\n") < 2 || strings.Count(text, "rst,0\n") != 255 {
				t.Errorf("want 1 SYN-ACK, 2 repeats of it and 255 RSTs:\n%s\n%s", text, &f.stderr)
			}
		})
	}
}
