package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/landlock-lsm/go-landlock/landlock/syscall"

	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
)

// TestDirectoryMadeAnew takes away a directory in mid-scan that something is yet to be written to, and makes another of its
// name: that is behind the fence, and the error says why it is out of reach, as a warning of the checkpoint does before.
func TestDirectoryMadeAnew(t *testing.T) {
	if version, err := syscall.LandlockGetABIVersion(); err != nil || version < 1 {
		t.Skip("this kernel has no Landlock")
	}
	const reason = " permission denied (out of reach if the directory has been made anew since the scan began)"
	for _, tt := range []struct {
		name string
		args []string
		want string
	}{
		{"metadata", []string{"-m", "late/m.json"}, "xsweep: create late/m.json.partial:" + reason},
		{"checkpoint", []string{"--checkpoint", "late/scan.ckpt", "--checkpoint-interval", "1"},
			"xsweep: write checkpoint: open late/scan.ckpt.partial:" + reason},
		{"without a fence", []string{"-m", "late/m.json", "--keep-privileges"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, dir := labtest.New(t, lab.Config{}), t.TempDir()
			simulate(t, l, lab.SimConfig{Key: 65, Open: 0.5})
			late := filepath.Join(dir, "late")
			must(t, os.Mkdir(late, 0o755))
			must(t, os.Mkdir(filepath.Join(dir, "now"), 0o755))
			p := start(t, l, dir, append(tt.args, "--allow-special", "-p", "443", "-r", "20k", "-n", "40000", "-c", "0", "-q", "-l", "now/log",
				"-o", "now/out.csv", "198.18.0.0/15")...)
			waitForRows(t, filepath.Join(dir, "now", "out.csv"))
			must(t, os.RemoveAll(late))
			must(t, os.Mkdir(late, 0o755))
			if tt.want == "" {
				p.waitFor(t, exitDone)
				readMetadata(t, late)
				return
			}
			p.waitFor(t, exitFailed)
			if got, want := p.stderr.String(), fmt.Sprintf("%s\nxsweep: hint: %s\n", tt.want, fenceHint); !strings.HasSuffix(got, want) {
				t.Errorf("stderr is\n%swant\n%s", got, want)
			}
			if log := read(t, dir, "now", "log"); tt.name == "checkpoint" && !strings.Contains(log, "checkpoint not written") {
				t.Errorf("no warning in the log:\n%s", log)
			}
		})
	}
}
