package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
)

// TestFewFiles starts scans with ever higher limits of open files. Each is refused before anything is made, with a line
// that names what could not be opened and one that says what to do. One that has just as many as it says it wants is
// complete, metadata and status updates included.
func TestFewFiles(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 62, Open: 0.1})
	for _, engine := range bothEngines {
		t.Run(engine, func(t *testing.T) {
			wanted := 0
			for limit := 8; limit < 64; limit += 1 + limit/24 {
				p := startWithFiles(t, l, engine, limit)
				p.waitFor(t, exitFailed)
				checkRefusal(t, p, "too many open files", fmt.Sprintf("raise the limit of open files: ulimit -n, which is %d for this process", limit))
				if got := read(t, p.cmd.Dir, "out.csv"); got != "old results\n" {
					t.Errorf("limit %d: the output file now holds %q", limit, got)
				}
				if left, err := filepath.Glob(filepath.Join(p.cmd.Dir, "*")); err != nil || len(left) != 2 {
					t.Errorf("limit %d: %q are left", limit, left)
				}
				if want := regexp.MustCompile(`wants (\d+) open files`).FindStringSubmatch(p.stderr.String()); want != nil {
					wanted, _ = strconv.Atoi(want[1])
				}
			}
			if n, err := world.Counters(); err != nil || n.SYNs != 0 {
				t.Errorf("%d probes were sent by scans that were refused, %v", n.SYNs, err)
			}
			if wanted == 0 {
				t.Fatal("no scan said how many it wants")
			}
			p := startWithFiles(t, l, engine, wanted)
			p.waitFor(t, exitDone)
			checkRows(t, strings.TrimPrefix(read(t, p.cmd.Dir, "out.csv"), "saddr\n"), world, "198.18.7.0/24", 443)
			if m := readMetadata(t, p.cmd.Dir); m.Ended != "all targets probed" || m.Error != "" {
				t.Errorf("the metadata say %q, %q", m.Ended, m.Error)
			}
			must(t, world.Reset())
		})
	}
}

// startWithFiles starts a scan that may have so many files open.
func startWithFiles(t *testing.T, l *lab.Lab, engine string, limit int) *program {
	t.Helper()
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "out.csv"), []byte("old results\n"), 0o644))
	must(t, os.WriteFile(filepath.Join(dir, "block.conf"), []byte("203.0.113.0/24\n"), 0o644))
	self, err := os.Executable()
	must(t, err)
	p := &program{cmd: exec.Command("sh", "-c", fmt.Sprintf(`ulimit -n %d; exec "$@"`, limit), "sh", self, "--allow-special", "-p", "443",
		"-r", "20k", "-c", "1", "-q", "--engine", engine, "-o", "out.csv", "-o", "second.json", "-m", "m.json", "-u", "u.csv", "-b", "block.conf",
		"198.18.7.0/24")}
	p.cmd.Dir, p.cmd.Env = dir, append(os.Environ(), asXsweep+"="+currentNamespace())
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	must(t, l.Scanner.Start(p.cmd))
	return p
}

// TestNoMoreFiles takes the files away from a scan that runs: it cannot read its blocklist again, says so, and keeps every
// row and every target. For its metadata there is a place.
func TestNoMoreFiles(t *testing.T) {
	list := filepath.Join(t.TempDir(), "block.conf")
	must(t, os.WriteFile(list, []byte("203.0.113.0/24\n"), 0o644))
	f := startFaulty(t, "xsk", "-b", list, "-u", "u.csv")
	must(t, unix.Prlimit(f.cmd.Process.Pid, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 3, Max: 3}, nil))
	f.signal(unix.SIGHUP)
	f.awaitText(t, "blocklist not read again: what it had stays in force")
	time.Sleep(100 * time.Millisecond)
	f.end(t, exitDone)
	f.checkComplete(t, 0, 0)
	f.checkStatus(t)
	if want := list + ": too many open files (ulimit -n: 3)"; !strings.Contains(f.stderr.String(), want) {
		t.Errorf("nothing about %q:\n%s", want, &f.stderr)
	}
}

// TestNoFileForTheCheckpoint takes the files away from a scan that keeps a checkpoint: the warning and the error name the
// limit, and every row is there.
func TestNoFileForTheCheckpoint(t *testing.T) {
	f := startFaulty(t, "xsk", "--checkpoint", "scan.ckpt", "--checkpoint-interval", "1")
	must(t, unix.Prlimit(f.cmd.Process.Pid, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 3, Max: 3}, nil))
	f.end(t, exitFailed)
	const reason = "open scan.ckpt.partial: too many open files (ulimit -n: 3)"
	for _, want := range []string{
		`checkpoint not written: the last one is as it was, error="` + reason,
		"\nxsweep: write checkpoint: " + reason + "\nxsweep: hint: raise the limit of open files: ulimit -n, which is 3 for this process\n",
	} {
		if !strings.Contains(f.stderr.String(), want) {
			t.Errorf("nothing about %q:\n%s", want, &f.stderr)
		}
	}
	if rows, n := f.checkRows(t), f.counters(t); rows != n.Open {
		t.Errorf("%d rows, the world accepted %d", rows, n.Open)
	}
}
