package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
	"github.com/xsweep/xsweep/output"
)

func allFieldNames() []string {
	var names []string
	for _, f := range output.Fields() {
		names = append(names, f.Name)
	}
	return names
}

// TestSeveralOutputs writes five files at once, and they agree, row for row and value for value.
func TestSeveralOutputs(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 31, Open: 0.1, Closed: 0.1, ICMP: 0.05, Duplicate: 0.2})
	dir := t.TempDir()
	files := []string{"a.csv", "b.json", "c.parquet", "d.csv.gz", "e.json.zst"}
	args := []string{"--allow-special", "-p", "443,80", "-r", "20k", "-c", "1", "-q", "-f", "*", "-e", "5", "--shards", "2",
		"--shard", "1", "198.18.16.0/22"}
	for _, f := range files {
		args = append(args, "-o", f)
	}
	p := start(t, l, dir, args...)
	p.waitFor(t, exitDone)
	names := allFieldNames()
	want := readRows(t, filepath.Join(dir, files[0]), names)
	n, err := world.Counters()
	if err != nil {
		t.Fatal(err)
	}
	if answers := n.Open + n.Closed + n.Unreachable + n.Duplicates; uint64(len(want)) != answers || len(want) == 0 {
		t.Errorf("%d rows of %d answers", len(want), answers)
	}
	for _, f := range files[1:] {
		if got := readRows(t, filepath.Join(dir, f), names); !slices.Equal(got, want) {
			t.Errorf("%s has %d rows that are not the %d of %s; its first:\n%s\n%s", f, len(got), len(want), files[0], got[0], want[0])
		}
	}
	scanID := regexp.MustCompile(`^[0-9a-f]{16}$`)
	for _, row := range want {
		v := strings.Split(row, ",")
		get := func(name string) string { return v[slices.Index(names, name)] }
		if get("engine") != "xsk" || get("shard") != "1" || get("vlan") != "" || !scanID.MatchString(get("scan_id")) || get("decoy") != "0" {
			t.Fatalf("row %q: engine, shard, VLAN, scan ID or decoy are wrong", row)
		}
	}
}

// TestOutputFilter keeps what the filter says, under a header.
func TestOutputFilter(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 32, Open: 0.1, Closed: 0.1, Duplicate: 0.3})
	const targets = "198.18.16.0/22"
	run := func(t *testing.T, args ...string) string {
		t.Helper()
		p := start(t, l, t.TempDir(), append([]string{"--allow-special", "-p", "443", "-r", "20k", "-c", "1", "-q", targets}, args...)...)
		p.waitFor(t, exitDone)
		return p.stdout.String()
	}
	t.Run("hits that are new", func(t *testing.T) {
		rows, ok := strings.CutPrefix(run(t, "--output-filter", "success = 1 && repeat = 0"), "saddr\n")
		if !ok {
			t.Errorf("no header: %.100s", rows)
		}
		checkRows(t, rows, world, targets, 443)
	})
	t.Run("one class", func(t *testing.T) {
		rows := run(t, "--output-filter", "classification = rst", "-f", "classification")
		if n := strings.Count(rows, "rst\n"); n == 0 || "classification\n"+strings.Repeat("rst\n", n) != rows {
			t.Errorf("rows: %.100s", rows)
		}
	})
	t.Run("an empty one keeps everything", func(t *testing.T) {
		rows := run(t, "--output-filter", "")
		n, err := world.Counters()
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(rows, "\n"); got <= int(world.CountOpen(0xc6121000, 0xc61213ff, []uint16{443})) || n.Closed == 0 {
			t.Errorf("%d rows: there are no RSTs and repeats among them", got)
		}
	})
}

// TestDedupMethods scans a world that repeats itself.
func TestDedupMethods(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 33, Open: 0.1, Closed: 0.1, ICMP: 0.05, Duplicate: 0.5, DuplicateCopies: 3})
	for _, method := range []string{"default", "full", "window", "none"} {
		t.Run(method, func(t *testing.T) {
			if err := world.Reset(); err != nil {
				t.Fatal(err)
			}
			p := start(t, l, t.TempDir(), "--allow-special", "-p", "443,80", "-r", "20k", "-c", "1", "-q", "-f", "saddr,sport,classification,repeat",
				"--dedup-method", method, "--dedup-window-size", "100000", "198.18.16.0/22")
			p.waitFor(t, exitDone)
			seen, repeats := make(map[string]bool), 0
			for row := range strings.Lines(p.stdout.String()) {
				answer, repeat, _ := strings.Cut(strings.TrimSuffix(row, "\n"), ",0")
				answer, isRepeat := strings.CutSuffix(answer, ",1")
				if want := seen[answer] && method != "none"; repeat == "" && isRepeat != want {
					t.Fatalf("row %q: repeat is %v, want %v", row, isRepeat, want)
				}
				if seen[answer] {
					repeats++
				}
				seen[answer] = true
			}
			n, err := world.Counters()
			if err != nil {
				t.Fatal(err)
			}
			if repeats == 0 || repeats != int(n.Duplicates) {
				t.Errorf("%d repeats, %d were sent", repeats, n.Duplicates)
			}
		})
	}
}

// TestFullDisks wants one error and whole rows, whatever the format, and the rows of the other files.
func TestFullDisks(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 34, Open: 0.05})
	const targets = "198.18.16.0/22"
	for _, name := range []string{"full.csv", "full.json", "full.csv.gz", "full.json.zst", "full.parquet"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.Symlink("/dev/full", filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
			p := start(t, l, dir, "--allow-special", "-p", "443", "-r", "20k", "-c", "1", "-q", "-v", "2", "-f", "saddr",
				"--output-filter", "success = 1", "-m", "m.json", "-o", "good.csv", "-o", name, targets)
			p.waitFor(t, exitFailed)
			checkRefusal(t, p, name+": no space left on device", "free some space")
			for row := range strings.Lines(read(t, dir, "good.csv")) {
				if !strings.HasSuffix(row, "\n") {
					t.Errorf("good.csv ends with %q", row)
				}
			}
			m := readMetadata(t, dir)
			if m.Ended != "failed" || !strings.Contains(m.Error, "no space left") {
				t.Errorf("the metadata say %q, %q", m.Ended, m.Error)
			}
			if name != "full.csv" && name != "full.json" { // of all others the error comes at the end
				rows, _ := strings.CutPrefix(read(t, dir, "good.csv"), "saddr\n")
				checkRows(t, rows, world, targets, 443)
			}
		})
	}
}

// TestReaderLeaves: head ends the scan quietly, and the other file is whole.
func TestReaderLeaves(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	simulate(t, l, lab.SimConfig{Key: 35, Open: 0.1})
	dir := t.TempDir()
	self, _ := os.Executable()
	p := &program{cmd: exec.Command("bash", "-o", "pipefail", "-c", self+" --allow-special -p 443 -r 20k -c 60 -q -v 2 -m m.json "+
		"-o - -o side.json 198.18.0.3-198.19.255.255 | head -n 3")}
	p.cmd.Dir, p.cmd.Env = dir, append(os.Environ(), asXsweep+"="+currentNamespace())
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	begun := time.Now()
	if err := l.Scanner.Run(p.cmd); err != nil {
		t.Errorf("%v; stderr: %s", err, &p.stderr)
	}
	if took := time.Since(begun); took > 30*time.Second {
		t.Errorf("the scan went on for %v", took)
	}
	if rows := strings.Count(p.stdout.String(), "\n"); rows != 3 || p.stderr.Len() > 0 {
		t.Errorf("%d rows, stderr: %s", rows, &p.stderr)
	}
	if text := read(t, dir, "side.json"); strings.Count(text, "\n") < 3 || !strings.HasSuffix(text, "}\n") {
		t.Errorf("the other file has %d bytes", len(text))
	}
	if m := readMetadata(t, dir); m.Ended != "output closed by its reader" {
		t.Errorf("the metadata say %q", m.Ended)
	}
}

// TestDedupMemory has full dedup run out of memory in mid-scan: it goes on, the repeats of the last answers are told
// apart, and it says so.
func TestDedupMemory(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 41, Open: 0.8, Duplicate: 0.2})
	dir := t.TempDir()
	p := start(t, l, dir, "--allow-special", "-p", "443,80", "-n", "200000", "-r", "100k", "-c", "1", "-q", "-m", "m.json", "-o", "out.csv",
		"--dedup-memory", "1M", "198.18.0.3-198.19.255.255")
	p.waitFor(t, exitDone)
	seen := make(map[string]bool)
	for row := range strings.Lines(read(t, dir, "out.csv")) {
		if seen[row] {
			t.Fatalf("row %q is there twice", row)
		}
		seen[row] = true
	}
	n, err := world.Counters()
	if err != nil {
		t.Fatal(err)
	}
	m := readMetadata(t, dir)
	lost := m.Drops["ring_full"] + m.Drops["no_frame"]
	if rows := uint64(len(seen)); rows+lost < n.Open || rows > n.Open || rows < 120_000 || n.Duplicates == 0 {
		t.Errorf("%d rows and %d losses of %d answers, and %d repeats", rows, lost, n.Open, n.Duplicates)
	}
	if m.Dedup != "window" || m.Window < 50_000 || m.Window > 100_000 {
		t.Errorf("the metadata say %s of %d", m.Dedup, m.Window)
	}
	for _, text := range []string{"answers do not fit in memory any more", "not all answers fit in memory"} {
		if strings.Count(p.stderr.String(), text) != 1 {
			t.Errorf("stderr, want %q once:\n%s", text, &p.stderr)
		}
	}
}
