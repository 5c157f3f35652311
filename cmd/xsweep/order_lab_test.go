package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xsweep/xsweep/blocklist"
	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
)

// TestShardsOnTheWire scans in three shards with different numbers of senders: together they probe every target once and
// find what is there.
func TestShardsOnTheWire(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 41, Open: 0.05, CoveragePorts: []uint16{443}})
	dir := t.TempDir()
	var rows string
	for shard, senders := range []string{"1", "2", "1"} {
		p := start(t, l, dir, "--allow-special", "-p", "443", "-r", "50k", "-c", "1", "-q", "-e", "9", "-T", senders,
			"--shards", "3", "--shard", fmt.Sprint(shard), "198.18.16.0/20")
		p.waitFor(t, exitDone)
		rows += p.stdout.String()
		if want := fmt.Sprintf("shard=%d/3, targets=136", shard); !strings.Contains(p.stderr.String(), want) {
			t.Errorf("stderr does not say %q:\n%s", want, &p.stderr)
		}
	}
	checkRows(t, rows, world, "198.18.16.0/20", 443)
	cover, err := world.Coverage()
	if err != nil {
		t.Fatal(err)
	}
	if cover.Distinct != 4096 || cover.Repeated != 0 {
		t.Errorf("%d targets were probed, %d of them again; want 4096, 0", cover.Distinct, cover.Repeated)
	}
}

// TestListOnTheWire scans listed targets, each with its own port, and nothing else.
func TestListOnTheWire(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	ports := []uint16{22, 443, 8080}
	world := simulate(t, l, lab.SimConfig{Key: 42, Open: 0.3, CoveragePorts: ports})
	dir := t.TempDir()
	var list strings.Builder
	want := make(map[string]bool)
	for i := range uint32(3000) {
		addr, port := uint32(0xc6121000)+i*7%4096, ports[i%3]
		fmt.Fprintf(&list, "%v:%d\n", blocklist.ToAddr(addr), port)
		if world.Truth(addr, port) == lab.Open {
			want[fmt.Sprintf("%v,%d", blocklist.ToAddr(addr), port)] = true
		}
	}
	write(t, filepath.Join(dir, "list.txt"), list.String())
	p := start(t, l, dir, "--allow-special", "--targets-file", "list.txt", "-r", "50k", "-c", "1", "-q")
	p.waitFor(t, exitDone)
	for row := range strings.Lines(p.stdout.String()) {
		if row = strings.TrimSpace(row); !want[row] {
			t.Errorf("row %q is not true, or there twice", row)
		}
		delete(want, row)
	}
	if len(want) > 0 {
		t.Errorf("%d open targets are missing", len(want))
	}
	cover, err := world.Coverage()
	if err != nil {
		t.Fatal(err)
	}
	if cover.Distinct != 3000 || cover.Repeated+cover.Other != 0 {
		t.Errorf("%d targets were probed, %d again, %d others; want 3000, 0, 0", cover.Distinct, cover.Repeated, cover.Other)
	}
}

// TestSecondPassOnTheWire loses a third of what passes: the second probe, a second later, finds most of what the first
// did not, and the world sees each target twice.
func TestSecondPassOnTheWire(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 43, Open: 0.2, Loss: 0.3, CoveragePorts: []uint16{443}})
	run := func(args ...string) int {
		if err := world.Reset(); err != nil {
			t.Fatal(err)
		}
		p := start(t, l, t.TempDir(), append(args, "--allow-special", "-p", "443", "-r", "20k", "-c", "1", "-q", "198.18.16.0/20")...)
		p.waitFor(t, exitDone)
		return strings.Count(p.stdout.String(), "\n")
	}
	once, twice := run(), run("-P", "2", "--probe-interval", "1")
	cover, err := world.Coverage()
	if err != nil {
		t.Fatal(err)
	}
	if cover.Distinct != 4096 || cover.Repeated != 4096 {
		t.Errorf("%d targets were probed, and %d again; want 4096 each", cover.Distinct, cover.Repeated)
	}
	if twice <= once+once/10 {
		t.Errorf("%d found with one probe each, %d with two: the second pass finds next to nothing", once, twice)
	}
}
