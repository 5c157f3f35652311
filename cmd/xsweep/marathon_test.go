package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/xsweep/xsweep/blocklist"
	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
)

// TestMarathon scans 198.18.0.0/15 on 32,768 ports, as many probes as IPv4 has addresses, of a world of which one target
// in a thousand answers, and holds what arrived, and every row, against the truth. It takes minutes, and runs for make
// marathon only. MARATHON_PORTS is the number of ports.
func TestMarathon(t *testing.T) {
	numPorts, err := strconv.Atoi(os.Getenv("MARATHON_PORTS"))
	if err != nil || numPorts < 1 || numPorts > 65535 {
		t.Skip("takes minutes: make marathon runs it, with the number of ports in MARATHON_PORTS")
	}
	l := labtest.New(t, lab.Config{})
	world, err := l.Simulate(lab.SimConfig{Key: demoKey, Open: 0.001, CoarseClock: true})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	p := start(t, l, dir, "-p", "1-"+strconv.Itoa(numPorts), "-r", "0", "-c", "2", "-o", "rows.csv", "--allow-special", demoTargets)
	p.waitFor(t, 0)
	usage, ok := p.cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		t.Fatal("no account of the process")
	}
	peak := uint64(usage.Maxrss) << 10
	text := p.stderr.String()
	t.Logf("what it said:\n%s", firstAndLast(text, 12))

	seen, err := world.Counters()
	if err != nil {
		t.Fatal(err)
	}
	targets, err := blocklist.Parse(demoTargets)
	if err != nil {
		t.Fatal(err)
	}
	var ports []uint16
	for i := range numPorts {
		ports = append(ports, uint16(i+1))
	}
	total := targets.Len() * uint64(numPorts)
	truth := countOpen(world, targets, ports)
	found, err := readResults(filepath.Join(dir, "rows.csv"), world)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d probes arrived at %.2f Mpps in %.1f s, %d damaged; %d open, %d rows, %d wrong, %d twice; %d MiB of memory",
		seen.SYNs, seen.RatePPS()/1e6, (seen.Last - seen.First).Seconds(), seen.BadIPChecksum+seen.BadTCPChecksum+seen.Malformed,
		truth, found.rows, found.Wrong, found.Twice, peak>>20)
	if seen.SYNs != total || seen.BadIPChecksum+seen.BadTCPChecksum+seen.Malformed != 0 {
		t.Errorf("%d probes arrived, want %d, undamaged: %+v", seen.SYNs, total, seen)
	}
	if found.Right != truth || found.Wrong != 0 || found.Twice != 0 {
		t.Errorf("%d rows, %d of them wrong and %d twice; want %d", found.rows, found.Wrong, found.Twice, truth)
	}
	if peak > 200<<20 {
		t.Errorf("%d MiB of memory, want 200 at most", peak>>20)
	}
}

// countOpen is Simulation.CountOpen by all cores.
func countOpen(world *lab.Simulation, targets blocklist.Range, ports []uint16) uint64 {
	parts := runtime.NumCPU()
	counts := make(chan uint64)
	each := (len(ports) + parts - 1) / parts
	n := 0
	for part := range slices.Chunk(ports, each) {
		n++
		go func() { counts <- world.CountOpen(targets.First, targets.Last, part) }()
	}
	sum := uint64(0)
	for range n {
		sum += <-counts
	}
	return sum
}

// firstAndLast shortens a text of many lines.
func firstAndLast(text string, n int) string {
	lines := strings.Split(strings.ReplaceAll(text, "\r", "\n"), "\n")
	if len(lines) <= 2*n {
		return strings.Join(lines, "\n")
	}
	return fmt.Sprintf("%s\n... %d lines ...\n%s", strings.Join(lines[:n], "\n"), len(lines)-2*n,
		strings.Join(lines[len(lines)-n:], "\n"))
}
