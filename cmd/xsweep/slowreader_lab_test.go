package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
)

// startPiped starts a scan whose standard output is a pipe that nobody reads yet.
func startPiped(t *testing.T, l *lab.Lab, dir string, args ...string) (*program, *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	p := startTo(t, l, dir, w, args...)
	w.Close() // the scan's own is left
	return p, r
}

// TestSlowReader stops reading for longer than the scan sends, and then reads a little at a time: what comes meanwhile
// waits in memory, and no row is lost.
func TestSlowReader(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 38, Open: 0.9})
	const targets = "198.18.128.0/18"
	dir := t.TempDir()
	p, r := startPiped(t, l, dir, "--allow-special", "-p", "443", "-r", "20k", "-c", "1", "-q", "-l", "log", "-m", "m.json", "-o", "-", "-o", "side.csv",
		"-f", "saddr", "--output-filter", "success = 1", targets)
	waitForLog(t, filepath.Join(dir, "log"), "scan begins")
	time.Sleep(2500 * time.Millisecond) // sending takes 0.8
	var text strings.Builder
	for n := int64(1); n > 0; time.Sleep(2 * time.Millisecond) {
		var err error
		if n, err = io.CopyN(&text, r, 1<<10); err != nil && !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
	}
	p.waitFor(t, exitDone)
	for _, rows := range []string{text.String(), read(t, dir, "side.csv")} {
		rows, _ = strings.CutPrefix(rows, "saddr\n")
		checkRows(t, rows, world, targets, 443)
	}
	for cause, n := range readMetadata(t, dir).Drops {
		if n > 0 {
			t.Errorf("%d lost: %s", n, cause)
		}
	}
}

// TestReaderTooSlow stops reading until nothing more comes: the queue and the rings are too small for all answers, and
// those that were lost are counted where that happened.
func TestReaderTooSlow(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 39, Open: 1})
	dir := t.TempDir()
	const probes = 250_000
	p, r := startPiped(t, l, dir, "--allow-special", "-p", "443,80", "-n", "250000", "-r", "100k", "-c", "1", "-q", "-l", "log", "-m", "m.json",
		"-f", "*", "-O", "json", "--rst", "none", "198.18.0.3-198.19.255.255")
	for deadline := time.Now().Add(time.Minute); probesSeen(t, world) < probes; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the scan does not send while nobody reads")
		}
	}
	time.Sleep(500 * time.Millisecond) // for what is on its way
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	p.waitFor(t, exitDone)
	m := readMetadata(t, dir)
	rows := uint64(strings.Count(string(text), "\n"))
	counted := m.Drops["ring_full"] + m.Drops["no_frame"]
	if rows == probes || rows < 40_000 || rows != m.OutputResults {
		t.Errorf("%d rows came, %d in the metadata: want what the queue holds and not all %d", rows, m.OutputResults, probes)
	}
	if rows+counted != probes {
		t.Errorf("%d rows and %d counted losses are not %d: %v", rows, counted, probes, m.Drops)
	}
}

// TestInterruptWithoutReader presses Ctrl-C twice while a write waits for a reader that never comes, in mid-scan and when
// all else is done. The scan ends, says why, and the other file is whole.
func TestInterruptWithoutReader(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 40, Open: 0.9})
	for name, targets := range map[string]string{"in mid-scan": "198.18.0.3-198.19.255.255", "at the end": "198.18.128.0/20"} {
		t.Run(name, func(t *testing.T) {
			if err := world.Reset(); err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			p, _ := startPiped(t, l, dir, "--allow-special", "-p", "443", "-r", "20k", "-c", "0", "-q", "-v", "2", "-m", "m.json",
				"-o", "-", "-o", "side.json", "-f", "*", targets)
			waitForRows(t, filepath.Join(dir, "side.json"))
			time.Sleep(1200 * time.Millisecond) // sending the shorter one takes 0.2
			for range 2 {
				if err := p.cmd.Process.Signal(syscall.SIGINT); err != nil {
					t.Fatal(err)
				}
				time.Sleep(200 * time.Millisecond) // two that are pending at once are one
			}
			hung := time.AfterFunc(time.Minute, func() { _ = p.cmd.Process.Kill() })
			defer hung.Stop()
			p.waitFor(t, exitFailed)
			for _, want := range []string{"interrupted a second time",
				"write standard output: interrupted while its reader took nothing (whole rows written: "} {
				if strings.Count(p.stderr.String(), want) != 1 {
					t.Errorf("stderr, want %q once:\n%s", want, &p.stderr)
				}
			}
			if text := read(t, dir, "side.json"); !strings.HasSuffix(text, "}\n") {
				t.Errorf("the other file ends with %q", text[max(0, len(text)-20):])
			}
			if m := readMetadata(t, dir); m.Ended != "cancelled" {
				t.Errorf("the metadata say %q, %q", m.Ended, m.Error)
			}
		})
	}
}
