package main

import (
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/blocklist"
	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
)

// TestOptOutWhileScanning adds to the blocklist while a scan runs: what was added is probed no more, all else is probed
// once, and what is wrong with the file does not stop the scan.
func TestOptOutWhileScanning(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	const port = 443
	world := simulate(t, l, lab.SimConfig{Key: 31, Open: 0.05, CoveragePorts: []uint16{port}})
	dir := t.TempDir()
	list := filepath.Join(dir, "block.txt")
	write(t, list, "198.18.16.0/24\n")
	p := start(t, l, dir, "--allow-special", "-p", "443", "-r", "1000", "-c", "1", "-q", "-b", "block.txt", "198.18.16.0/20")
	hangUp := func(says string) {
		t.Helper()
		before := p.stderr.Len()
		if err := p.cmd.Process.Signal(unix.SIGHUP); err != nil {
			t.Fatal(err)
		}
		waitUntil(t, says, func() bool { return strings.Contains(p.stderr.String()[before:], says) })
	}
	waitUntil(t, "500 probes", func() bool { return count(t, world, "198.18.16.0/20", port) >= 500 })

	write(t, list, "198.18.16.0/24\n198.18.24.0/21 # asked to be left out\n")
	hangUp("blocklist read again, addresses=2304, added=2048")
	time.Sleep(50 * time.Millisecond) // of the second that there is: what was with the kernel arrives
	early := count(t, world, "198.18.24.0/21", port)
	if err := os.Remove(list); err != nil {
		t.Fatal(err)
	}
	hangUp("blocklist not read again: what it had stays in force, error=\"open block.txt: no such file or directory\"")
	write(t, list, "198.18.16.0/24\n198.18.24.0/33\n")
	hangUp("stays in force, error=\"block.txt:2: ")
	write(t, list, "") // as a file is for a moment that is being written anew
	hangUp("blocklist read again, addresses=0, added=0")
	p.waitFor(t, exitDone)

	if late := count(t, world, "198.18.24.0/21", port); late != early || early == 0 || early > 1900 {
		t.Errorf("%d of the addresses left out were probed before, %d in the end", early, late)
	}
	if n := count(t, world, "198.18.16.0/24", port); n != 0 {
		t.Errorf("%d addresses of the blocklist were probed", n)
	}
	if n := count(t, world, "198.18.17.0-198.18.23.255", port); n != 7*256 {
		t.Errorf("%d of the other %d addresses were probed", n, 7*256)
	}
	cover, err := world.Coverage()
	if err != nil || cover.Repeated != 0 {
		t.Errorf("%d targets were probed twice, %v", cover.Repeated, err)
	}
	if want := "targets left out while the scan ran"; !strings.Contains(p.stderr.String(), want) {
		t.Errorf("stderr does not say %q:\n%s", want, &p.stderr)
	}
}

// TestHangupWithoutBlocklist: with nothing to read again, a terminal that goes away ends the scan, in good order.
func TestHangupWithoutBlocklist(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 32, Open: 0.1, CoveragePorts: []uint16{443}})
	p := start(t, l, t.TempDir(), "--allow-special", "-p", "443", "-c", "1", "-q", "198.18.0.3-198.19.255.255")
	waitUntil(t, "a probe", func() bool { return count(t, world, "198.18.0.0/15", 443) > 0 })
	if err := p.cmd.Process.Signal(unix.SIGHUP); err != nil {
		t.Fatal(err)
	}
	p.waitFor(t, exitDone)
	if !strings.Contains(p.stderr.String(), "scan ended: stopped") {
		t.Errorf("stderr:\n%s", &p.stderr)
	}
}

// TestHangupUnderNohup: who has said that a terminal may go away means it.
func TestHangupUnderNohup(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 33, Open: 0.1, CoveragePorts: []uint16{443}})
	signal.Ignore(unix.SIGHUP) // which processes inherit
	defer signal.Reset(unix.SIGHUP)
	p := start(t, l, t.TempDir(), "--allow-special", "-p", "443", "-r", "2000", "-c", "1", "-q", "198.18.16.0/22")
	waitUntil(t, "a probe", func() bool { return count(t, world, "198.18.16.0/22", 443) > 0 })
	if err := p.cmd.Process.Signal(unix.SIGHUP); err != nil {
		t.Fatal(err)
	}
	p.waitFor(t, exitDone)
	if n := count(t, world, "198.18.16.0/22", 443); n != 1024 {
		t.Errorf("%d of 1024 targets were probed", n)
	}
}

// count is how many of the addresses were probed on the port.
func count(t *testing.T, world *lab.Simulation, addrs string, port uint16) (n int) {
	t.Helper()
	r, err := blocklist.Parse(addrs)
	if err != nil {
		t.Fatal(err)
	}
	cover, err := world.Coverage()
	if err != nil {
		t.Fatal(err)
	}
	for addr := r.First; addr <= r.Last; addr++ {
		if cover.Probed(addr, port) {
			n++
		}
	}
	return n
}

// waitUntil asks until something is so; the test fails when it has not become so for long.
func waitUntil(t *testing.T, what string, isSo func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !isSo(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not in 20 s: %s", what)
		}
	}
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
