package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
)

// TestOptionsFromAFile runs a scan whose options come from a file: rows without a header, at the pace of a bandwidth,
// with nothing on standard error, and a log that has it all.
func TestOptionsFromAFile(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 22, Open: 0.05})
	dir := t.TempDir()
	err := os.WriteFile(filepath.Join(dir, "scan.conf"), []byte(`
# 14,880 probes a second
bandwidth 10M
target-ports = 443
output-fields "saddr"
no-header-row
cooldown-time 1
cores 0
log-file scan.log
quiet
allow-special
`), 0o644)
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, l, dir, "-C", "scan.conf", "198.18.16.0/22")
	p.waitFor(t, exitDone)
	checkRows(t, p.stdout.String(), world, "198.18.16.0/22", 443)
	if p.stderr.Len() > 0 {
		t.Errorf("standard error has %q", &p.stderr)
	}
	log := read(t, dir, "scan.log")
	for _, want := range []string{"[INFO] xsweep: scan begins, ", `rate="14880`, "[INFO] xsweep: scan ended: all targets probed"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %q:\n%s", want, log)
		}
	}
}
