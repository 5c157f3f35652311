package main

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xsweep/xsweep/blocklist"
	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
)

// crowdedDisk returns a disk with little room, and what makes much of it.
func crowdedDisk(t *testing.T) (path string, free func()) {
	t.Helper()
	dir := labtest.SmallDisk(t, 1<<20)
	filler := filepath.Join(dir, "filler")
	if err := os.WriteFile(filler, make([]byte, 1<<20-8<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, func() {
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
	}
}

// waitForLog waits until a text is in the log, and fails if it never is.
func waitForLog(t *testing.T, path, text string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if log, err := os.ReadFile(path); err == nil && strings.Contains(string(log), text) {
			return
		}
	}
	t.Fatalf("%q is not in the log after half a minute", text)
}

// TestFullDiskFreed fills a disk in mid-scan, looks that nothing is sent then, and makes room: the rows are the truth.
// Compressed rows of so small a scan are written at its end, and wait there.
func TestFullDiskFreed(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 36, Open: 0.3})
	for _, tt := range []struct {
		name, file, targets string
		numTargets          uint64
		inMid               bool
	}{
		{"in mid-scan", "x.csv", "198.18.128.0/17", 1 << 15, true},
		{"at the end", "x.json.zst", "198.18.128.0/18", 1 << 14, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := world.Reset(); err != nil {
				t.Fatal(err)
			}
			disk, free := crowdedDisk(t)
			dir := t.TempDir()
			log, path := filepath.Join(dir, "log"), filepath.Join(disk, tt.file)
			p := start(t, l, dir, "--allow-special", "-p", "443", "-r", "20k", "-c", "1", "-q", "-l", log, "-m", "m.json", "-f", "saddr",
				"--output-filter", "success = 1", "-o", path, "-o", "good.csv", "-u", filepath.Join(disk, "status.csv"), tt.targets)
			waitForLog(t, log, "make room for results")
			time.Sleep(100 * time.Millisecond) // for what is on its way
			before := probesSeen(t, world)
			time.Sleep(600 * time.Millisecond)
			after := probesSeen(t, world)
			if before != after || tt.inMid == (after == tt.numTargets) {
				t.Errorf("%d probes came, and then %d more, of %d", before, after-before, tt.numTargets)
			}
			free()
			p.waitFor(t, exitDone)
			waitForLog(t, log, "there is room for results")
			for _, path := range []string{path, filepath.Join(dir, "good.csv")} {
				rows := strings.Join(readRows(t, path, []string{"saddr"}), "\n") + "\n"
				checkRows(t, rows, world, tt.targets, 443)
			}
			if m := readMetadata(t, dir); m.Ended != "all targets probed" || m.Paused < 0.6 || m.Error != "" {
				t.Errorf("the metadata say %q, %q, %v seconds paused", m.Ended, m.Error, m.Paused)
			}
		})
	}
}

func probesSeen(t *testing.T, world *lab.Simulation) uint64 {
	t.Helper()
	n, err := world.Counters()
	if err != nil {
		t.Fatal(err)
	}
	return n.SYNs
}

// TestFullDiskStays full for longer than a scan waits: it fails, says so once, and leaves whole rows.
func TestFullDiskStays(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 37, Open: 0.3})
	disk, _ := crowdedDisk(t)
	dir := t.TempDir()
	p := start(t, l, dir, "--allow-special", "-p", "443", "-r", "20k", "-c", "1", "-q", "-v", "2", "-m", "m.json", "--output-patience", "0.7",
		"-o", filepath.Join(disk, "x.csv"), "198.18.128.0/17")
	p.waitFor(t, exitFailed)
	checkRefusal(t, p, "x.csv: no space left on device (whole rows written: ", "free some space")
	for _, text := range []string{"make room for results", "still no room for results"} {
		if n := strings.Count(p.stderr.String(), text); n != 1 {
			t.Errorf("%q is %d times in the log:\n%s", text, n, &p.stderr)
		}
	}
	rows := read(t, disk, "x.csv")
	checkWritten(t, p, strings.Count(rows, "\n"), readMetadata(t, dir))
	if !strings.HasSuffix(rows, "\n") || strings.Count(rows, "\n") < 100 {
		t.Errorf("%d bytes of rows end with %q", len(rows), rows[max(0, len(rows)-20):])
	}
	for row := range strings.Lines(rows) {
		addr, ok := blocklist.FromAddr(netip.MustParseAddr(strings.TrimSpace(row)))
		if !ok || world.Truth(addr, 443) != lab.Open {
			t.Fatalf("row %q is not true", row)
		}
	}
	m := readMetadata(t, dir)
	if m.Ended != "failed" || !strings.Contains(m.Error, "no space left") || m.Paused < 0.7 {
		t.Errorf("the metadata say %q, %q, %v seconds paused", m.Ended, m.Error, m.Paused)
	}
}

// TestFullDiskAtTheEnd has no room for the few rows of a small scan, which are written when it ends: error, summary and
// metadata are about the rows that are in the file, and tell how many could not be written.
func TestFullDiskAtTheEnd(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 41, Open: 0.3})
	for _, name := range []string{"x.csv", "x.json.gz", "x.parquet"} {
		t.Run(name, func(t *testing.T) {
			disk := labtest.SmallDisk(t, 1<<20)
			if err := os.WriteFile(filepath.Join(disk, "filler"), make([]byte, 2<<20), 0o600); err == nil {
				t.Fatal("the disk is not full")
			}
			dir := t.TempDir()
			p := start(t, l, dir, "--allow-special", "-p", "443", "-r", "20k", "-c", "0", "-q", "-m", "m.json", "--output-patience", "0",
				"-o", filepath.Join(disk, name), "-f", "saddr", "--output-filter", "success = 1", "198.18.128.0/24")
			p.waitFor(t, exitFailed)
			checkWritten(t, p, 0, readMetadata(t, dir))
			if n, err := world.Counters(); err != nil || n.Open == 0 {
				t.Errorf("%d answers, %v", n.Open, err)
			}
		})
	}
}

// checkWritten wants all to tell of the same number of rows, and that of hits which are none.
func checkWritten(t *testing.T, p *program, rows int, m metadata) {
	t.Helper()
	if m.OutputResults != uint64(rows) || m.Drops["unwritten"]+m.OutputResults != m.SuccessUnique || m.Drops["unwritten"] == 0 {
		t.Errorf("%d rows are there; the metadata say %d, and %d unwritten of %d hits", rows, m.OutputResults, m.Drops["unwritten"],
			m.SuccessUnique)
	}
	unwritten := fmt.Sprintf("answers found that could not be written, count=%d\n", m.Drops["unwritten"])
	for _, want := range []string{fmt.Sprintf(" rows=%d, ", rows), unwritten} {
		if strings.Contains(p.stderr.String(), "scan ended") && !strings.Contains(p.stderr.String(), want) {
			t.Errorf("stderr does not say %q:\n%s", want, &p.stderr)
		}
	}
	if whole := fmt.Sprintf("(whole rows written: %d", rows); strings.Contains(m.Error, "whole rows") && !strings.Contains(m.Error, whole) {
		t.Errorf("the error says %q, want %s", m.Error, whole)
	}
}
