package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
)

// TestMaxResultsLeavesTargets: a scan that ends early says why, and how many targets it has not come to, in the summary, in
// the metadata, and when somebody wants to go on with it. One that ends with its targets leaves none.
func TestMaxResultsLeavesTargets(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	simulate(t, l, lab.SimConfig{Key: 64, Open: 0.5})
	const targets = 1 << 14
	tests := []struct {
		name, end string
		args      []string
		left      bool
	}{
		{"-N", "maximum number of results reached", []string{"-N", "500"}, true},
		{"-n", "maximum number of targets probed", []string{"-n", "1000"}, false},
		{"neither", "all targets probed", nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			p := start(t, l, dir, append(tt.args, "--allow-special", "-p", "443", "-r", "10k", "-c", "0", "-q", "-m", "m.json", "-o", "out.csv",
				"--checkpoint", "scan.ckpt", "198.18.64.0/18")...)
			p.waitFor(t, exitDone)
			m := readMetadata(t, dir)
			if m.Ended != tt.end || (m.Unprobed > 0) != tt.left || tt.left && m.Unprobed+m.TargetsScanned != targets {
				t.Errorf("the metadata say %q, %d targets of %d, and %d not", m.Ended, m.TargetsScanned, targets, m.Unprobed)
			}
			want := fmt.Sprintf("targets not probed: the scan ended before, count=%d, of=%d\n", m.Unprobed, targets)
			if text := p.stderr.String(); !strings.Contains(text, "scan ended: "+tt.end) || strings.Contains(text, want) != tt.left {
				t.Errorf("the summary, want %q: %v\n%s", want, tt.left, text)
			}
			p = start(t, l, dir, "resume", "scan.ckpt")
			p.waitFor(t, exitDone)
			if text := p.stderr.String(); !strings.Contains(text, "there is nothing to go on with") ||
				strings.Contains(text, "because it had its maximum of results (--max-results)") != tt.left ||
				strings.Contains(text, "is complete") == tt.left {
				t.Errorf("resume says %q", text)
			}
		})
	}
}
