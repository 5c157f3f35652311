package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/internal/checkpoint"
	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
)

// interrupted is a directory with the checkpoint of a scan that was interrupted, and its lists.
type interrupted struct {
	l     *lab.Lab
	world *lab.Simulation
	dir   string
}

// interrupt begins a scan and interrupts it. args come in front of those that all have.
func interrupt(t *testing.T, args ...string) *interrupted {
	t.Helper()
	i := &interrupted{l: labtest.New(t, lab.Config{}), dir: t.TempDir()}
	i.world = simulate(t, i.l, lab.SimConfig{Key: 73, Open: 0.2, CoveragePorts: []uint16{443}})
	write(t, filepath.Join(i.dir, "allow.txt"), "198.18.16.0/20\n")
	write(t, filepath.Join(i.dir, "block.txt"), "198.18.17.0/24\n")
	p := start(t, i.l, i.dir, append(args, "--allow-special", "-p", "443", "-r", "4k", "-c", "0", "-q", "-w", "allow.txt",
		"-b", "block.txt", "-o", "rows.csv", "-m", "m.json", "--checkpoint", "scan.ckpt")...)
	waitForRows(t, filepath.Join(i.dir, "rows.csv"))
	p.cmd.Process.Signal(unix.SIGINT)
	p.waitFor(t, exitDone)
	return i
}

func (i *interrupted) resume(t *testing.T, args ...string) *program {
	t.Helper()
	return start(t, i.l, t.TempDir(), append(append([]string{"resume"}, args...), filepath.Join(i.dir, "scan.ckpt"))...)
}

func (i *interrupted) probes(t *testing.T) uint64 {
	t.Helper()
	n, err := i.world.Counters()
	if err != nil {
		t.Fatal(err)
	}
	return n.SYNs
}

// TestResumeRefusesWhatChanged: one line that says what, nothing sent, nothing written; and with the lists as they were the
// scan goes on to its end.
func TestResumeRefusesWhatChanged(t *testing.T) {
	i := interrupt(t)
	probes, rows := i.probes(t), read(t, i.dir, "rows.csv")
	damage := func(at int) func(*testing.T) {
		return func(t *testing.T) {
			data := []byte(read(t, i.dir, "scan.ckpt"))
			data[at] ^= 1
			write(t, filepath.Join(i.dir, "scan.ckpt"), string(data))
		}
	}
	list := func(name, text string) func(*testing.T) {
		return func(t *testing.T) { write(t, filepath.Join(i.dir, name), text) }
	}
	tests := []struct {
		name   string
		change func(*testing.T)
		args   []string
		want   string
		code   int
	}{
		{"more targets", list("allow.txt", "198.18.16.0/20\n198.18.40.7\n"), nil,
			"the targets are not those of the checkpoint: 1 more (such as 198.18.40.7) and 0 fewer than the 4096 addresses before", exitFailed},
		{"other targets", list("allow.txt", "198.18.32.0/20\n"), nil,
			"4096 more (such as 198.18.32.0) and 4096 fewer (such as 198.18.16.0) than the 4096 addresses before", exitFailed},
		{"a list that is gone", func(*testing.T) { os.Remove(filepath.Join(i.dir, "allow.txt")) }, nil, "allow.txt: no such file", exitFailed},
		{"a shorter blocklist", list("block.txt", "198.18.17.128/25\n"), nil,
			"the blocklist has lost 128 of the 256 addresses that it had, 198.18.17.0 for one", exitFailed},
		{"a damaged checkpoint", damage(40), nil, `scan.ckpt: damaged at byte 16: block "info", until byte `, exitFailed},
		{"rows that are gone", func(*testing.T) { os.Remove(filepath.Join(i.dir, "rows.csv")) }, nil, "rows.csv: no such file or directory", exitFailed},
		{"other rows of the same size", list("rows.csv", strings.Repeat("7", len(rows)-1)+"\n"), nil, "rows.csv: it is another file, or was changed", exitFailed},
		{"more rows, and others", list("rows.csv", strings.Repeat("198.18.0.1\n", len(rows))), nil, "put back the file that was there, or begin a new scan", exitFailed},
		{"fewer rows than there were", list("rows.csv", "198"), nil, "it has 3 bytes, and had ", exitFailed},
		{"somebody else's FILE.seen", list("scan.ckpt.seen", "notes, and more notes\n"), nil,
			"scan.ckpt.seen is there, and is not xsweep's memory of what has answered, or damaged: remove it", exitFailed},
		{"a limit that was reached", nil, []string{"-N", "1"}, "--max-results 1 are there already: give more with -N to go on", exitUsage},
		{"another process", func(t *testing.T) {
			j, err := checkpoint.OpenJournal(filepath.Join(i.dir, "scan.ckpt"), 0)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { j.Close() })
		}, nil, "another xsweep is at this scan", exitFailed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := make(map[string]string)
			for _, name := range []string{"allow.txt", "block.txt", "scan.ckpt", "scan.ckpt.seen", "rows.csv"} {
				before[name] = read(t, i.dir, name)
				defer write(t, filepath.Join(i.dir, name), before[name])
			}
			if tt.change != nil {
				tt.change(t)
			}
			p := i.resume(t, tt.args...)
			p.waitFor(t, tt.code)
			if tt.name == "somebody else's FILE.seen" && read(t, i.dir, "scan.ckpt.seen") != "notes, and more notes\n" {
				t.Error("it was changed")
			}
			if text := p.stderr.String(); !strings.Contains(text, tt.want) {
				t.Errorf("stderr does not say %q:\n%s", tt.want, text)
			}
			if now := i.probes(t); now != probes {
				t.Errorf("%d probes were sent", now-probes)
			}
		})
	}
	if read(t, i.dir, "rows.csv") != rows {
		t.Error("the rows have changed")
	}

	p := start(t, i.l, i.dir, "--allow-special", "-p", "443", "-c", "0", "-q", "--checkpoint", "scan.ckpt", "198.18.16.0/20")
	p.waitFor(t, exitFailed)
	if want := "scan.ckpt has a scan that is not complete: 'xsweep resume scan.ckpt' goes on with it"; !strings.Contains(p.stderr.String(), want) {
		t.Errorf("a new scan in its place: stderr does not say %q:\n%s", want, &p.stderr)
	}

	i.resume(t).waitFor(t, exitDone)
	checkSum(t, i, 4096-256)
	p = i.resume(t)
	p.waitFor(t, exitDone)
	if !strings.Contains(p.stderr.String(), "is complete since") || p.stdout.Len() > 0 {
		t.Errorf("a complete scan: %s%s", &p.stdout, &p.stderr)
	}
	again := []string{"--allow-special", "-p", "443", "-c", "0", "-q", "-o", "rows.csv", "--checkpoint", "scan.ckpt", "198.18.16.0/30"}
	write(t, filepath.Join(i.dir, "scan.ckpt.seen"), "notes\n")
	rows = read(t, i.dir, "rows.csv")
	p = start(t, i.l, i.dir, again...)
	p.waitFor(t, exitFailed)
	if read(t, i.dir, "scan.ckpt.seen") != "notes\n" || read(t, i.dir, "rows.csv") != rows || !strings.Contains(p.stderr.String(), "scan.ckpt.seen is there, and is not") {
		t.Errorf("a new scan beside somebody else's FILE.seen: it has %q; stderr:\n%s", read(t, i.dir, "scan.ckpt.seen"), &p.stderr)
	}
	must(t, os.Remove(filepath.Join(i.dir, "scan.ckpt.seen")))
	start(t, i.l, i.dir, again...).waitFor(t, exitDone)
}

// checkSum compares the rows, and the counters in the metadata, with the truth: those of all sessions together.
func checkSum(t *testing.T, i *interrupted, targets uint64) {
	t.Helper()
	cover, err := i.world.Coverage()
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]int)
	for row := range strings.Lines(read(t, i.dir, "rows.csv")) {
		seen[row]++
	}
	open := i.world.CountOpen(0xc6121000, 0xc6121fff, []uint16{443}) - i.world.CountOpen(0xc6121100, 0xc61211ff, []uint16{443})
	m := readMetadata(t, i.dir)
	got := fmt.Sprintln(cover.Distinct, m.TargetsScanned, m.PacketsSent, m.SuccessUnique, len(seen), m.OutputResults, m.Resumed)
	want := fmt.Sprintln(targets, targets, cover.Distinct+cover.Repeated, open, open, len(seen), 1)
	if got != want {
		t.Errorf("targets probed, in the metadata, probes, hits, rows, in the metadata, sessions before:\n%swant\n%s", got, want)
	}
}

// TestResumeRespectsOptOuts: what has been added to the blocklist since is not probed, and the rest is.
func TestResumeRespectsOptOuts(t *testing.T) {
	i := interrupt(t)
	before, err := i.world.Coverage()
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(i.dir, "block.txt"), "198.18.17.0/24\n198.18.20.0/22\n")
	p := i.resume(t, "-r", "50k")
	p.waitFor(t, exitDone)
	after, err := i.world.Coverage()
	if err != nil {
		t.Fatal(err)
	}
	for addr := uint32(0xc6121000); addr <= 0xc6121fff; addr++ {
		out := addr>>8 == 0xc61211
		late := addr>>10 == 0xc6121400>>10
		if got, want := after.Probed(addr, 443), !out && (!late || before.Probed(addr, 443)); got != want {
			t.Fatalf("%x was probed: %v, want %v", addr, got, want)
		}
	}
	if !strings.Contains(p.stderr.String(), "targets left out while the scan ran") {
		t.Errorf("stderr does not say that targets were left out:\n%s", &p.stderr)
	}
}

// TestCheckpointThatCannotBeWritten is a warning each time and an error at the end, of a scan that is complete all the same.
func TestCheckpointThatCannotBeWritten(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 74, Open: 0.2})
	dir := t.TempDir()
	p := start(t, l, dir, "--allow-special", "-p", "443", "-r", "4k", "-c", "0", "-q", "-o", "rows.csv", "--checkpoint", "scan.ckpt",
		"--checkpoint-interval", "0.2", "198.18.16.0/20")
	waitForRows(t, filepath.Join(dir, "rows.csv"))
	for { // while a checkpoint is being written, its name is taken
		if err := os.Mkdir(filepath.Join(dir, "scan.ckpt.partial"), 0o755); err == nil {
			break
		} else if !errors.Is(err, os.ErrExist) {
			t.Fatal(err)
		}
	}
	p.waitFor(t, exitFailed)
	checkRows(t, read(t, dir, "rows.csv"), world, "198.18.16.0/20", 443)
	for _, want := range []string{"checkpoint not written: the last one is as it was", "xsweep: write checkpoint: scan.ckpt.partial is a directory, and a checkpoint is written there before it takes its name: remove it",
		"scan ended: all targets probed"} {
		if !strings.Contains(p.stderr.String(), want) {
			t.Errorf("stderr does not say %q:\n%s", want, &p.stderr)
		}
	}
	if f, err := checkpoint.Load(filepath.Join(dir, "scan.ckpt")); err != nil || f.Complete {
		t.Errorf("the checkpoint before: complete %v, %v", f.Complete, err)
	}
}
