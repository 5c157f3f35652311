package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/blocklist"
	"github.com/xsweep/xsweep/internal/checkpoint"
	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
)

// cutOff is a scan that is cut off again and again, and gone on with each time.
type cutOff struct {
	l       *lab.Lab
	world   *lab.Simulation
	dir     string
	targets string
	ports   []uint16
	rate    uint64
	args    []string        // of the first session; those of the others are in the checkpoint
	passes  uint64          // how often each target is probed
	earlier []*lab.Coverage // of worlds that are gone with their interface
}

// The times of a cutOff. Without a cool-down a checkpoint lags a second behind.
const (
	cutOffInterval = 100 * time.Millisecond
	cutOffLag      = time.Second
	cutOffSlack    = time.Second // for looks at the progress, units, and a machine with other things to do
)

// newCutOff scans targets; args come on top of those that all have.
func newCutOff(t *testing.T, targets string, key uint64, args ...string) *cutOff {
	t.Helper()
	c := &cutOff{l: labtest.New(t, lab.Config{}), dir: t.TempDir(), targets: targets, ports: []uint16{22, 80, 443, 8080}, rate: 20_000,
		passes: 1}
	c.world = simulate(t, c.l, c.worldConfig(key))
	c.args = append(args, "--allow-special", "-p", "22,80,443,8080", "-r", strconv.FormatUint(c.rate, 10), "-c", "0", "-q", "-v", "4",
		"-f", "saddr,sport", "--output-filter", "success = 1 && repeat = 0", "-o", "rows.csv", "-o", "rows.json.zst",
		"--checkpoint", "scan.ckpt", "--checkpoint-interval", "0.1", targets)
	return c
}

func (c *cutOff) worldConfig(key uint64) lab.SimConfig {
	return lab.SimConfig{Key: key, Open: 0.05, Closed: 0.05, CoveragePorts: c.ports}
}

// begin starts the first session, and waits for its first checkpoint.
func (c *cutOff) begin(t *testing.T) *program {
	t.Helper()
	p := start(t, c.l, c.dir, c.args...)
	waitForRows(t, filepath.Join(c.dir, "scan.ckpt"))
	return p
}

// goOn starts another session, from elsewhere, and at once: the last one may still be about to end.
func (c *cutOff) goOn(t *testing.T) *program {
	t.Helper()
	return start(t, c.l, t.TempDir(), "resume", filepath.Join(c.dir, "scan.ckpt"))
}

// awaitProbes waits until the session that has just been started sends: before, a signal ends it as any other program.
func (c *cutOff) awaitProbes(t *testing.T) {
	t.Helper()
	probes := func() uint64 {
		n, err := c.world.Counters()
		if err != nil {
			t.Fatal(err)
		}
		return n.SYNs
	}
	before := probes()
	for deadline := time.Now().Add(30 * time.Second); probes() == before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("no probe is sent")
		}
	}
}

// check holds what is there at the end against the truth: every target was probed, every open one has a row in each file,
// no row is wrong, and no more was done twice than cuts sessions that were cut off explain.
func (c *cutOff) check(t *testing.T, cuts int) {
	t.Helper()
	r, err := blocklist.Parse(c.targets)
	if err != nil {
		t.Fatal(err)
	}
	distinct, repeated, other := c.coverage(t, r)
	if want := r.Len() * uint64(len(c.ports)); distinct != want || other != 0 {
		t.Errorf("%d targets were probed, and %d besides, want %d", distinct, other, want)
	}
	if least := (c.passes - 1) * distinct; repeated < least {
		t.Errorf("%d probes were sent again, and %d are of later passes", repeated, least)
	}
	again := repeated - min(repeated, (c.passes-1)*distinct)
	most := uint64(cuts) * uint64(float64(c.rate)*(cutOffInterval+cutOffLag+cutOffSlack).Seconds())
	if again > most {
		t.Errorf("%d probes were sent again, more than %d cuts explain: %d", again, cuts, most)
	}
	truth := c.world.CountOpen(r.First, r.Last, c.ports)
	for _, name := range []string{"rows.csv", "rows.json.zst"} {
		judge := lab.NewJudge(c.world.Truth)
		rows, addrs := uint64(0), readTargetRows(t, filepath.Join(c.dir, name))
		for _, a := range addrs {
			rows++
			addr, _ := blocklist.FromAddr(a.Addr())
			judge.Row(addr, a.Port())
		}
		if judge.Right != truth || judge.Wrong != 0 || judge.Twice > again {
			t.Errorf("%s: %d rows, %d right of %d, %d wrong, %d twice", name, rows, judge.Right, truth, judge.Wrong, judge.Twice)
		}
		t.Logf("%s: %d open, %d rows, %d twice; %d probes to %d targets, %d again: %.2f s of sending per cut", name, truth, rows,
			judge.Twice, distinct+repeated, distinct, again, float64(again)/float64(c.rate)/max(float64(cuts), 1))
	}
	f, err := checkpoint.Load(filepath.Join(c.dir, "scan.ckpt"))
	if err != nil || !f.Complete {
		t.Errorf("the checkpoint does not say that the scan is complete: %v", err)
	}
	if _, err := os.Stat(filepath.Join(c.dir, "scan.ckpt"+checkpoint.Suffix)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the journal is left: %v", err)
	}
}

// coverage counts what has been probed in this world and in those before it.
func (c *cutOff) coverage(t *testing.T, r blocklist.Range) (distinct, repeated, other uint64) {
	t.Helper()
	now, err := c.world.Coverage()
	if err != nil {
		t.Fatal(err)
	}
	if len(c.earlier) == 0 {
		return now.Distinct, now.Repeated, now.Other
	}
	all := append(c.earlier, now)
	probes := uint64(0)
	for _, cover := range all {
		probes, other = probes+cover.Distinct+cover.Repeated, other+cover.Other
	}
	for addr := r.First; addr <= r.Last; addr++ {
		for _, port := range c.ports {
			if slices.ContainsFunc(all, func(cover *lab.Coverage) bool { return cover.Probed(addr, port) }) {
				distinct++
			}
		}
	}
	return distinct, probes - distinct, other
}

// readTargetRows reads the rows of a file of addresses and ports, which must be whole.
func readTargetRows(t *testing.T, path string) (rows []netip.AddrPort) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(path, ".zst") {
		records, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
		if err != nil || len(records) == 0 || !bytes.HasSuffix(data, []byte("\n")) {
			t.Fatalf("%s: %v", path, err)
		}
		for _, r := range records[1:] {
			rows = append(rows, netip.MustParseAddrPort(r[0]+":"+r[1]))
		}
		return rows
	}
	z, err := zstd.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for dec := json.NewDecoder(z); ; {
		var row struct {
			Saddr netip.Addr
			Sport uint16
		}
		err := dec.Decode(&row)
		if errors.Is(err, io.EOF) {
			return rows
		}
		if err != nil {
			t.Fatalf("%s: row %d: %v", path, len(rows), err)
		}
		rows = append(rows, netip.AddrPortFrom(row.Saddr, row.Sport))
	}
}

// TestKillAndResume kills one scan at random moments and goes on with it each time. In the end nothing is missing, and
// what is there twice is explained. XSWEEP_TEST_KILLS is another number than 50 of kills.
func TestKillAndResume(t *testing.T) {
	kills := 50
	if testing.Short() {
		kills = 8
	}
	if n, err := strconv.Atoi(os.Getenv("XSWEEP_TEST_KILLS")); err == nil {
		kills = n
	}
	c := newCutOff(t, "198.18.0.0/16", 71)
	r := rand.New(rand.NewPCG(71, 71))
	p := c.begin(t)
	for kill := range kills {
		life := time.Duration(r.Int64N(int64(600 * time.Millisecond))) // before the first checkpoint that counts
		if kill%2 == 0 {
			life = 1200*time.Millisecond + time.Duration(r.Int64N(int64(900*time.Millisecond)))
		}
		time.Sleep(life)
		p.cmd.Process.Kill()
		if code := p.wait(t); code != -1 {
			t.Fatalf("kill %d: exit code %d; stderr:\n%s", kill, code, &p.stderr)
		}
		p = c.goOn(t)
	}
	p.waitFor(t, exitDone)
	if want := "scan ended: all targets probed"; !strings.Contains(p.stderr.String(), want) {
		t.Errorf("stderr does not say %q:\n%s", want, &p.stderr)
	}
	c.check(t, kills)
}

// TestInterruptAndResume ends each session with Ctrl-C: what was sent by then is not sent again, but for the units that
// were being sent.
func TestInterruptAndResume(t *testing.T) {
	c := newCutOff(t, "198.18.16.0/20", 72)
	p := c.begin(t)
	const times = 4
	for range times {
		c.awaitProbes(t)
		time.Sleep(100 * time.Millisecond)
		p.cmd.Process.Signal(unix.SIGINT)
		p.waitFor(t, exitDone)
		if !strings.Contains(p.stderr.String(), "scan ended: stopped") {
			t.Fatalf("the session came to its end:\n%s", &p.stderr)
		}
		p = c.goOn(t)
	}
	p.waitFor(t, exitDone)
	c.check(t, times)
	cover, err := c.world.Coverage()
	if err != nil {
		t.Fatal(err)
	}
	if most := uint64(times) * 4 * c.rate / 20; cover.Repeated > most { // units of 50 ms: one being sent, one ahead
		t.Errorf("%d probes were sent again, want %d at most", cover.Repeated, most)
	}
}

// TestKillAndResumeByXDP does the same by the other engine, which holds probes back in a place of its own, and does not
// wait for the process that it has killed: that may still have the lock, the queues and the interface.
func TestKillAndResumeByXDP(t *testing.T) {
	c := newCutOff(t, "198.18.16.0/19", 75, "--engine", "xdp")
	p := c.begin(t)
	const kills = 3
	for range kills {
		time.Sleep(300 * time.Millisecond)
		p.cmd.Process.Kill()
		killed := p
		p = c.goOn(t)
		killed.wait(t)
	}
	p.waitFor(t, exitDone)
	if want := "engine xdp"; !strings.Contains(p.stderr.String(), want) {
		t.Errorf("stderr does not say %q:\n%s", want, &p.stderr)
	}
	c.check(t, kills)
}

// TestLeaveAndResume leaves at once, with a second Ctrl-C, a scan whose cool-down is an hour: nothing can count as done, so
// that all is probed again, and of what is known to have answered nothing is reported twice.
func TestLeaveAndResume(t *testing.T) {
	c := newCutOff(t, "198.18.16.0/21", 76)
	for i, arg := range c.args {
		if arg == "-c" {
			c.args[i+1] = "3600"
		}
	}
	p := c.begin(t)
	waitForRows(t, filepath.Join(c.dir, "rows.csv"))
	p.cmd.Process.Signal(unix.SIGINT)
	time.Sleep(100 * time.Millisecond) // two signals that wait for delivery at once are one
	p.cmd.Process.Signal(unix.SIGINT)
	p.waitFor(t, exitFailed)
	before, err := c.world.Coverage()
	if err != nil {
		t.Fatal(err)
	}
	start(t, c.l, c.dir, "resume", "-c", "0", "scan.ckpt").waitFor(t, exitDone)
	after, err := c.world.Coverage()
	if err != nil {
		t.Fatal(err)
	}
	if after.Distinct != 4*2048 || after.Repeated != before.Distinct {
		t.Errorf("%d targets were probed, %d of them again; want %d, and the %d of the first session", after.Distinct, after.Repeated,
			4*2048, before.Distinct)
	}
	seen := make(map[netip.AddrPort]bool)
	for _, row := range readTargetRows(t, filepath.Join(c.dir, "rows.csv")) {
		if seen[row] {
			t.Errorf("%v is there twice", row)
		}
		seen[row] = true
	}
	if want := c.world.CountOpen(0xc6121000, 0xc61217ff, c.ports); uint64(len(seen)) != want {
		t.Errorf("%d rows, want %d", len(seen), want)
	}
}
