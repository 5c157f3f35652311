package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xsweep/xsweep/blocklist"
	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
)

// BenchmarkFirstProbe is the time from the start of the program to its first probe on the wire, with a list of 1,000
// addresses. It needs root.
func BenchmarkFirstProbe(b *testing.B) {
	l := labtest.New(b, lab.Config{})
	world := simulate(b, l, lab.SimConfig{Key: 51, Drop: true})
	dir := b.TempDir()
	var list strings.Builder
	for i := range uint32(1000) {
		list.WriteString(blocklist.ToAddr(0xc6121000+i*97).String() + "\n")
	}
	write(b, filepath.Join(dir, "list.txt"), list.String())
	var ms []float64
	for b.Loop() {
		if err := world.Reset(); err != nil {
			b.Fatal(err)
		}
		begun := time.Now()
		p := start(b, l, dir, "--allow-special", "-p", "443", "-c", "0", "-q", "-I", "list.txt", "-i", l.Scanner.Interface())
		for {
			n, err := world.Counters()
			if err != nil {
				b.Fatal(err)
			}
			if n.SYNs > 0 {
				break
			}
			time.Sleep(200 * time.Microsecond)
		}
		ms = append(ms, float64(time.Since(begun).Microseconds())/1000)
		p.waitFor(b, exitDone)
	}
	slices.Sort(ms)
	b.ReportMetric(ms[len(ms)/2], "ms")
}
