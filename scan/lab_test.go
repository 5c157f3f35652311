package scan

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/blocklist"
	"github.com/xsweep/xsweep/bpf"
	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
	"github.com/xsweep/xsweep/output"
	"github.com/xsweep/xsweep/packet"
	"github.com/xsweep/xsweep/xsk"
)

// world is everything in the lab but the two hosts themselves.
const worldTargets = "198.18.0.3-198.19.255.255"

// labConfig is a scan from the lab's scanner.
func labConfig(t testing.TB, l *lab.Lab, rate float64, ports ...uint16) Config {
	return Config{
		Targets: set(t, worldTargets), Ports: ports, Rate: rate, Seed: 1,
		Ifindex: l.Scanner.Ifindex(), Interface: l.Scanner.Interface(), Sources: []uint32{l.Scanner.Addr()},
		Link:     packet.Config{SrcMAC: [6]byte(l.Scanner.MAC()), DstMAC: [6]byte(l.World.MAC())},
		Cooldown: 500 * time.Millisecond,
	}
}

// result is what a scan wrote and counted.
type result struct {
	end  Snapshot
	rows []row
}

type row struct {
	target
	class            string
	repeat, cooldown bool
	responder        string
}

// runScan runs cfg in the scanner's namespace and reads its rows back.
func runScan(t testing.TB, l *lab.Lab, cfg Config, stop <-chan struct{}) result {
	t.Helper()
	s := openScan(t, l, cfg)
	return runOpened(t, s, stop)
}

func openScan(t testing.TB, l *lab.Lab, cfg Config) *Scan {
	t.Helper()
	s, err := openInside(l, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// openInside opens a scan in the scanner's namespace, and makes sure that it is one: interfaces of the namespace that
// the test runs in must never be scanned, whatever goes wrong in the lab.
func openInside(l *lab.Lab, cfg Config) (s *Scan, err error) {
	outside, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		return nil, err
	}
	err = l.Scanner.Do(func() error {
		inside, err := os.Readlink("/proc/thread-self/ns/net")
		if err != nil || inside == outside {
			return fmt.Errorf("not inside the lab: %s, %w", inside, err)
		}
		s, err = Open(cfg)
		return err
	})
	return s, err
}

func runOpened(t testing.TB, s *Scan, stop <-chan struct{}) result {
	t.Helper()
	var text bytes.Buffer
	out := allFields(t, &text)
	end, err := s.Run(context.Background(), out, stop)
	if err != nil {
		t.Fatal(err)
	}
	return result{end, readRows(t, &text)}
}

func allFields(t testing.TB, w io.Writer) *output.Writer {
	t.Helper()
	fields, err := output.ParseFields("saddr,sport,classification,repeat,cooldown,icmp_responder")
	if err != nil {
		t.Fatal(err)
	}
	out, err := output.NewWriter(w, output.Config{Fields: fields})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func readRows(t testing.TB, r io.Reader) []row {
	t.Helper()
	lines, err := csv.NewReader(r).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	rows := make([]row, 0, len(lines))
	for _, f := range lines {
		addr, _ := blocklist.FromAddr(netip.MustParseAddr(f[0]))
		port, err := strconv.ParseUint(f[1], 10, 16)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row{target{addr, uint16(port)}, f[2], f[3] == "1", f[4] == "1", f[5]})
	}
	return rows
}

// of returns how often each target is in the rows of a class.
func (r result) of(class string) map[target]int {
	found := make(map[target]int)
	for _, row := range r.rows {
		if row.class == class {
			found[row.target]++
		}
	}
	return found
}

// checkTruth holds the rows against the world: every open target once, every closed one once, no other row.
func checkTruth(t *testing.T, r result, world *lab.Simulation, cfg Config) {
	t.Helper()
	first, last := cfg.Targets.At(0), cfg.Targets.At(cfg.Targets.Len()-1)
	for _, c := range []struct {
		class string
		truth lab.Outcome
	}{{"synack", lab.Open}, {"rst", lab.Closed}, {"icmp", lab.Unreachable}} {
		found := r.of(c.class)
		if want := world.Count(c.truth, first, last, cfg.Ports); uint64(len(found)) != want {
			t.Errorf("%s: %d targets found, %d are there", c.class, len(found), want)
		}
		for tg, n := range found {
			if got := world.Truth(tg.addr, tg.port); got != c.truth {
				t.Errorf("%v:%d is reported as %s and is %v", blocklist.ToAddr(tg.addr), tg.port, c.class, got)
			}
			if n != 1 {
				t.Errorf("%v:%d is reported %d times", blocklist.ToAddr(tg.addr), tg.port, n)
			}
		}
	}
}

func counters(t testing.TB, world *lab.Simulation) lab.Counters {
	t.Helper()
	n, err := world.Counters()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func simulate(t testing.TB, l *lab.Lab, cfg lab.SimConfig) *lab.Simulation {
	t.Helper()
	world, err := l.Simulate(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := world.Close(); err != nil {
			t.Error(err)
		}
	})
	return world
}

// TestScanFindsTheTruth scans the whole world, at the demo's rate and as fast as the sender can: recall is exactly 1,
// nothing is reported that is not there, and each answer comes once.
func TestScanFindsTheTruth(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 7, Open: 0.01, Closed: 0.01, ICMP: 0.005, CoveragePorts: []uint16{80, 443, 8080, 22}})
	for _, engine := range bothEngines {
		for _, rate := range []float64{300_000, 0} {
			t.Run(engine.String()+"/rate="+strconv.Itoa(int(rate)), func(t *testing.T) {
				if err := world.Reset(); err != nil {
					t.Fatal(err)
				}
				cfg := labConfig(t, l, rate, 80, 443, 8080, 22)
				cfg.Engine = engine
				r := runScan(t, l, cfg, nil)
				checkTruth(t, r, world, cfg)
				checkArrivals(t, r, world, cfg)
			})
		}
	}
}

var bothEngines = []Engine{EngineXSK, EngineXDP}

// checkArrivals compares what the scan says it sent with what the world saw.
func checkArrivals(t *testing.T, r result, world *lab.Simulation, cfg Config) {
	t.Helper()
	n, total := counters(t, world), cfg.Targets.Len()*uint64(len(cfg.Ports))
	if r.end.Probes != total || n.SYNs != total {
		t.Errorf("%d probes sent, %d arrived, want %d", r.end.Probes, n.SYNs, total)
	}
	if bad := n.BadIPChecksum + n.BadTCPChecksum + n.Malformed; bad != 0 {
		t.Errorf("%d probes arrived damaged: %+v", bad, n)
	}
	if n.RSTsGood != n.Open || n.RSTsBad != 0 {
		t.Errorf("%d of %d accepted connections were reset, %d resets were wrong", n.RSTsGood, n.Open, n.RSTsBad)
	}
	cover, err := world.Coverage()
	if err != nil {
		t.Fatal(err)
	}
	if cover.Distinct != total || cover.Repeated != 0 {
		t.Errorf("%d distinct targets probed, %d more than once; want %d, 0", cover.Distinct, cover.Repeated, total)
	}
	if r.end.Repeats != 0 || uint64(len(r.rows)) != r.end.Answers {
		t.Errorf("%d repeats, %d rows of %d answers: nothing was answered twice", r.end.Repeats, len(r.rows), r.end.Answers)
	}
	if lost := r.end.Losses.Received() + r.end.Losses.SendDropped + r.end.Losses.Invalid; lost != 0 {
		t.Errorf("losses: %+v", r.end.Losses)
	}
	if r.end.End != EndDone || !r.end.Done {
		t.Errorf("the scan ended because %q", r.end.End)
	}
}

// TestScanInABadWorld loses, repeats and falsifies: what is found is true, and repeats are marked.
func TestScanInABadWorld(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 8, Open: 0.05, Closed: 0.05, ICMP: 0.02,
		Loss: 0.1, Duplicate: 0.3, DuplicateCopies: 2, WrongAck: 0.1})
	cfg := labConfig(t, l, 200_000, 443)
	r := runScan(t, l, cfg, nil)
	n := counters(t, world)
	firsts, repeats := make(map[target]string), uint64(0)
	for _, row := range r.rows {
		want := map[string]lab.Outcome{"synack": lab.Open, "rst": lab.Closed, "icmp": lab.Unreachable}[row.class]
		if world.Truth(row.addr, row.port) != want {
			t.Fatalf("%+v is not true", row)
		}
		if _, before := firsts[row.target]; before != row.repeat {
			t.Fatalf("%+v: repeat is %v, want %v", row, row.repeat, before)
		}
		if row.repeat {
			repeats++
		}
		firsts[row.target] = row.class
	}
	if want := n.Open + n.Closed + n.Unreachable; uint64(len(firsts)) != want {
		t.Errorf("%d targets found, the world answered truly for %d", len(firsts), want)
	}
	if repeats == 0 || repeats != r.end.Repeats || repeats > n.Duplicates {
		t.Errorf("%d repeats in the rows, %d counted, %d copies sent", repeats, r.end.Repeats, n.Duplicates)
	}
	if n.WrongAcks == 0 || r.end.Steer.Forged+r.end.Steer.ForeignICMP == 0 || r.end.Losses.Invalid != 0 {
		t.Errorf("%d wrong answers sent; steer dropped %d, passed %d, the validator refused %d", n.WrongAcks,
			r.end.Steer.Forged, r.end.Steer.ForeignICMP, r.end.Losses.Invalid)
	}
}

// TestScanKernelWorld scans real TCP stacks: the listeners are found, everything else is refused, and the kernel has
// nothing to say against our headers.
func TestScanKernelWorld(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	var listeners []netip.AddrPort
	for i := range 300 {
		listeners = append(listeners, netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 18 + byte(i%2), byte(i), byte(3 + i%250)}), 443))
	}
	world, err := l.KernelWorld(listeners)
	if err != nil {
		t.Fatal(err)
	}
	for _, profile := range []packet.Profile{packet.SmallestProbes, packet.Windows, packet.Linux, packet.BSD} {
		for _, mode := range []bpf.Mode{bpf.ModeNative, bpf.ModeGeneric} {
			for _, engine := range bothEngines {
				t.Run(fmt.Sprintf("%v/%v/%v", profile, mode, engine), func(t *testing.T) {
					before, err := world.Counters()
					if err != nil {
						t.Fatal(err)
					}
					cfg := labConfig(t, l, 60_000, 443) // the stack takes 1000 packets at a time before it drops
					cfg.Link.Profile, cfg.XDP, cfg.Engine = profile, mode, engine
					if profile != packet.SmallestProbes || mode != bpf.ModeNative {
						cfg.Targets = set(t, "198.18.0.0/20", "198.19.0.0/20").Minus(set(t, "198.18.0.0/30"))
					}
					r := runScan(t, l, cfg, nil)
					checkKernelWorld(t, r, world, cfg, before)
				})
			}
		}
	}
}

func checkKernelWorld(t *testing.T, r result, world *lab.KernelWorld, cfg Config, before lab.KernelCounters) {
	t.Helper()
	open, closed := r.of("synack"), r.of("rst")
	want := 0
	for i := range cfg.Targets.Len() {
		addr := cfg.Targets.At(i)
		found := closed
		if world.Truth(addr, 443) == lab.Open {
			want++
			found = open
		}
		if found[target{addr, 443}] == 0 {
			t.Fatalf("%v is %v and not reported so", blocklist.ToAddr(addr), world.Truth(addr, 443))
		}
	}
	if len(open) != want || len(open)+len(closed) != int(cfg.Targets.Len()) {
		t.Errorf("%d open and %d closed found, %d are open of %d", len(open), len(closed), want, cfg.Targets.Len())
	}
	after, err := world.Counters()
	if err != nil {
		t.Fatal(err)
	}
	if after.InHdrErrors != before.InHdrErrors || after.InCsumErrors != before.InCsumErrors {
		t.Errorf("the kernel counts errors in our packets: before %+v, after %+v", before, after)
	}
	if n, err := world.HalfOpen(); err != nil || n != 0 {
		t.Errorf("%d connections are left half open, %v", n, err)
	}
}

// TestScanRate counts at the receiving end: within 1 % of what was asked. The machine may be taken away for a while; it
// gets three tries, and a limiter that is wrong fails all of them.
func TestScanRate(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 3, Drop: true})
	for _, c := range []struct {
		engine Engine
		rate   float64
	}{
		{EngineXSK, 1_000}, {EngineXSK, 10_000}, {EngineXSK, 100_000}, {EngineXSK, 300_000}, {EngineXSK, 500_000},
		{EngineXDP, 1_000}, {EngineXDP, 100_000}, {EngineXDP, 500_000}, {EngineXDP, 1_000_000}, {EngineXDP, 2_000_000},
	} {
		rate := c.rate
		t.Run(fmt.Sprintf("%v/rate=%.0f", c.engine, rate), func(t *testing.T) {
			var got float64
			idle := 0.0
			for range 3 {
				before := machineTimes(t)
				if got = arrivalRate(t, l, world, c.engine, rate); math.Abs(got-rate) <= rate/100 {
					return
				}
				idle = max(idle, before.idleSince(t))
				t.Logf("%.0f packets per second arrived", got)
			}
			if got < rate && idle < 0.1 {
				t.Skipf("the machine had other work to do: its cores were idle for %.1f %% of the time", 100*idle)
			}
			t.Errorf("%.0f packets per second arrived, want %.0f", got, rate)
		})
	}
}

// times is what all cores have done, in ticks.
type times struct{ idle, all float64 }

// machineTimes reads the first line of /proc/stat (proc(5)). Time that a hypervisor took is not idle.
func machineTimes(t *testing.T) (now times) {
	t.Helper()
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	for i, field := range strings.Fields(line)[1:9] { // user, nice, system, idle, iowait, irq, softirq, steal
		ticks, err := strconv.ParseFloat(field, 64)
		if err != nil {
			t.Fatal(err)
		}
		now.all += ticks
		if i == 3 || i == 4 {
			now.idle += ticks
		}
	}
	return now
}

// idleSince is the share of the time since before in which cores had nothing to do.
func (before times) idleSince(t *testing.T) float64 {
	t.Helper()
	now := machineTimes(t)
	return (now.idle - before.idle) / max(now.all-before.all, 1)
}

// arrivalRate scans for four seconds, or so many as two million targets last, and returns the packets per second that arrived.
func arrivalRate(t *testing.T, l *lab.Lab, world *lab.Simulation, engine Engine, rate float64) float64 {
	t.Helper()
	if err := world.Reset(); err != nil {
		t.Fatal(err)
	}
	cfg := labConfig(t, l, rate, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)
	cfg.Engine, cfg.MaxTargets, cfg.Cooldown = engine, uint64(min(4*rate, 2e6)), 0
	s, err := openInside(l, cfg)
	if err != nil {
		t.Fatal(err)
	}
	runOpened(t, s, nil)
	if err := s.Close(); err != nil { // now, and not when the test ends: there may be another try
		t.Fatal(err)
	}
	n := counters(t, world)
	if n.SYNs != cfg.MaxTargets {
		t.Errorf("%d probes arrived, want %d", n.SYNs, cfg.MaxTargets)
	}
	return n.RatePPS()
}

// TestScanStops ends scans in all the ways there are before the last target.
func TestScanStops(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 4, Open: 0.2})
	tests := []struct {
		name   string
		change func(*Config)
		stop   func() <-chan struct{}
		want   End
		late   bool // the cool-down is waited for
	}{
		{"when told", func(*Config) {}, func() <-chan struct{} {
			stop := make(chan struct{})
			time.AfterFunc(300*time.Millisecond, func() { close(stop) })
			return stop
		}, EndStopped, true},
		{"after the maximum runtime", func(c *Config) { c.MaxRuntime = 300 * time.Millisecond }, nil, EndMaxRuntime, true},
		{"after the maximum number of targets", func(c *Config) { c.MaxTargets = 1000 }, nil, EndMaxTargets, true},
		{"after the last target, of which there are fewer than that", func(c *Config) {
			c.MaxTargets, c.Exclude = 1000, c.Targets.Minus(set(t, "198.18.7.0/24"))
		}, nil, EndDone, true},
		{"after the maximum number of results", func(c *Config) { c.MaxResults = 100 }, nil, EndMaxResults, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := world.Reset(); err != nil {
				t.Fatal(err)
			}
			cfg := labConfig(t, l, 20_000, 80)
			tt.change(&cfg)
			var stop <-chan struct{}
			if tt.stop != nil {
				stop = tt.stop()
			}
			r := runScan(t, l, cfg, stop)
			n := counters(t, world)
			if r.end.End != tt.want || n.SYNs != r.end.Probes || n.SYNs >= cfg.Targets.Len() {
				t.Errorf("ended because %q after %d probes, %d arrived; want %q", r.end.End, r.end.Probes, n.SYNs, tt.want)
			}
			if tt.late && (uint64(len(r.of("synack"))) != n.Open || n.RSTsGood != n.Open) {
				t.Errorf("%d hits, %d connections reset, the world accepted %d", len(r.rows), n.RSTsGood, n.Open)
			}
			if cfg.MaxResults > 0 && uint64(len(r.rows)) != cfg.MaxResults {
				t.Errorf("%d rows, want %d", len(r.rows), cfg.MaxResults)
			}
			if cfg.MaxTargets > 0 && tt.want == EndMaxTargets && n.SYNs != cfg.MaxTargets {
				t.Errorf("%d targets probed, want %d", n.SYNs, cfg.MaxTargets)
			}
		})
	}
}

// TestScanCancelled leaves at once, with what it has.
func TestScanCancelled(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	simulate(t, l, lab.SimConfig{Key: 4, Open: 0.2})
	cfg := labConfig(t, l, 20_000, 80)
	cfg.Cooldown = time.Hour
	s := openScan(t, l, cfg)
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	var text bytes.Buffer
	end, err := s.Run(ctx, allFields(t, &text), nil)
	if !errors.Is(err, context.DeadlineExceeded) || end.End != EndCancelled {
		t.Errorf("ended because %q, %v", end.End, err)
	}
	if rows := readRows(t, &text); len(rows) == 0 || uint64(len(rows)) != end.Rows {
		t.Errorf("%d rows written, %d counted", len(rows), end.Rows)
	}
	if _, err := s.Run(context.Background(), allFields(t, &text), nil); err == nil {
		t.Error("a scan runs twice")
	}
}

// fullDisk takes so many bytes and no more.
type fullDisk struct{ room int }

func (d *fullDisk) Write(p []byte) (int, error) {
	n := min(d.room, len(p))
	d.room -= n
	if n < len(p) {
		return n, unix.ENOSPC
	}
	return n, nil
}

// TestScanOutputFails ends the scan with the error of the output.
func TestScanOutputFails(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	simulate(t, l, lab.SimConfig{Key: 4, Open: 0.2})
	s := openScan(t, l, labConfig(t, l, 100_000, 80))
	end, err := s.Run(context.Background(), allFields(t, &fullDisk{room: 10_000}), nil)
	if !errors.Is(err, unix.ENOSPC) || end.End != EndFailed {
		t.Errorf("ended because %q, %v; want no space left", end.End, err)
	}
	if end.Done && end.Probes == s.Targets() {
		t.Error("the scan went on to its end")
	}
}

// TestScanKeepsConnections leaves accepted connections to others.
func TestScanKeepsConnections(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 4, Open: 0.1})
	cfg := labConfig(t, l, 100_000, 80)
	cfg.Targets, cfg.Reset = set(t, "198.18.64.0/20"), ResetNone
	r := runScan(t, l, cfg, nil)
	if n := counters(t, world); n.RSTsGood+n.RSTsBad != 0 || n.Open == 0 || r.end.Resets != 0 {
		t.Errorf("%d connections accepted, %d RSTs arrived, %d counted; want none", n.Open, n.RSTsGood+n.RSTsBad, r.end.Resets)
	}
}

// TestScanLeavesTheHostAlone runs TCP connections through the scanned interface while it is scanned at full speed, from
// the scanner and to it, with ports inside and outside of the scan's.
func TestScanLeavesTheHostAlone(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	simulate(t, l, lab.SimConfig{Key: 4, Open: 0.01})
	s := openScan(t, l, labConfig(t, l, 0, 80, 443))
	atWorld := echoServer(t, l.World, lab.WorldAddr)
	atScanner := echoServer(t, l.Scanner, lab.ScannerAddr)
	done := make(chan error, 3)
	stop := make(chan struct{})
	for _, c := range []struct {
		from   *lab.Host
		server string
		port   int
	}{
		{l.Scanner, atWorld, 0},                             // any port that the kernel likes: one of the scan's
		{l.Scanner, atWorld, 1022},                          // as SSH clients of old
		{l.World, atScanner, int(DefaultSourcePorts.First)}, // from the other side
	} {
		go func() { done <- c.from.Do(func() error { return echoUntil(c.server, c.port, stop) }) }()
	}
	r := runOpened(t, s, nil)
	close(stop)
	for range 3 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if r.end.Hits == 0 || r.end.Steer.Other == 0 {
		t.Errorf("nothing to compare with: %+v", r.end)
	}
}

// TestScanLeavesErrorsToTheHost has the host itself connect, from ports of the scan, to targets that a router says cannot be
// reached: it learns that at once. The same errors about connections that nobody has are dropped.
func TestScanLeavesErrorsToTheHost(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 4, ICMP: 0.5})
	cfg := labConfig(t, l, 1000, 80)
	cfg.MaxTargets, cfg.Cooldown, cfg.Key = 1, time.Hour, Key{5, 6}
	s := openScan(t, l, cfg)
	ctx, leave := context.WithCancel(context.Background())
	ended := make(chan Snapshot)
	go func() {
		end, _ := s.Run(ctx, allFields(t, io.Discard), nil)
		ended <- end
	}()
	const forgeries, connections, port = 1000, 20, 81 // which the scan does not probe
	forge(t, world, attackOn(&cfg, lab.ForgeICMP, forgeries, 0))
	addr := uint32(0xc6130000)
	for range connections {
		for addr++; world.Truth(addr, port) != lab.Unreachable; addr++ {
		}
		err := l.Scanner.Do(func() error {
			d := net.Dialer{Timeout: 10 * time.Second}
			conn, err := d.Dial("tcp4", netip.AddrPortFrom(blocklist.ToAddr(addr), port).String())
			if err == nil {
				conn.Close()
			}
			return err
		})
		if !errors.Is(err, unix.EHOSTUNREACH) && !errors.Is(err, unix.ECONNREFUSED) { // host or port
			t.Errorf("connect to %v: %v, want an error of the router", blocklist.ToAddr(addr), err)
		}
	}
	leave()
	if end := <-ended; end.Steer.Owned != connections || end.Steer.Forged != forgeries {
		t.Errorf("counters %+v; want %d owned, %d forged", end.Steer, connections, forgeries)
	}
}

func echoServer(t *testing.T, h *lab.Host, addr uint32) string {
	t.Helper()
	var ln net.Listener
	err := h.Do(func() (err error) {
		ln, err = net.Listen("tcp4", blocklist.ToAddr(addr).String()+":0")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go func() { defer conn.Close(); io.Copy(conn, conn) }()
		}
	}()
	return ln.Addr().String()
}

// echoUntil opens connection after connection, and sends and receives on each, until stop is closed.
func echoUntil(server string, port int, stop <-chan struct{}) error {
	for i := 0; ; i++ {
		d := net.Dialer{Timeout: 5 * time.Second}
		if port != 0 {
			d.LocalAddr = &net.TCPAddr{Port: port + i%64}
		}
		if err := echoOnce(&d, server); err != nil {
			return err
		}
		select {
		case <-stop:
			return nil
		case <-time.After(time.Millisecond):
		}
	}
}

func echoOnce(d *net.Dialer, server string) error {
	conn, err := d.Dial("tcp4", server)
	if errors.Is(err, unix.EADDRINUSE) || errors.Is(err, unix.EADDRNOTAVAIL) {
		return nil // the port of an earlier connection: not what is tested
	}
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return err
	}
	want := bytes.Repeat([]byte("not an answer "), 100)
	if _, err := conn.Write(want); err != nil {
		return err
	}
	got := make([]byte, len(want))
	if _, err := io.ReadFull(conn, got); err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		return errors.New("the echo is not what was sent")
	}
	return nil
}

// TestOpenRefusesForeignProgram names the program that is in the way and leaves it there.
func TestOpenRefusesForeignProgram(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	pass, err := l.AttachPass(l.Scanner)
	if err != nil {
		t.Fatal(err)
	}
	defer pass.Close()
	id, attached, err := l.Scanner.XDPAttached()
	if err != nil || !attached {
		t.Fatal(attached, err)
	}
	s, err := openInside(l, labConfig(t, l, 1000, 80))
	if err == nil {
		s.Close()
	}
	var foreign *bpf.ForeignProgramError
	if !errors.As(err, &foreign) || foreign.ID != id || foreign.Interface != "scan0" {
		t.Errorf("error %v, want a foreign program with id %d", err, id)
	}
	if now, attached, err := l.Scanner.XDPAttached(); err != nil || !attached || now != id {
		t.Errorf("the foreign program is gone: %d, %v, %v", now, attached, err)
	}
}

// TestOpenLeavesNothing fails after the program is attached, and takes it off again.
func TestOpenLeavesNothing(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	first := openScan(t, l, labConfig(t, l, 1000, 80))
	if _, attached, err := l.Scanner.XDPAttached(); err != nil || !attached {
		t.Fatal("no program is attached while a scan is open", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if _, attached, err := l.Scanner.XDPAttached(); err != nil || attached {
		t.Error("a program is attached after the scan was closed", err)
	}
	cfg := labConfig(t, l, 1000, 80)
	cfg.Bind = xsk.BindZeroCopy // which veth has not
	second, err := openInside(l, cfg)
	if err == nil {
		second.Close()
	}
	if !errors.Is(err, unix.EOPNOTSUPP) {
		t.Errorf("zero-copy on veth: %v, want EOPNOTSUPP", err)
	}
	if _, attached, err := l.Scanner.XDPAttached(); err != nil || attached {
		t.Error("a program is attached after a failure", err)
	}
}

// TestScanPausesWhileDown takes the link down in mid-scan and up again: no target is lost.
func TestScanPausesWhileDown(t *testing.T) {
	for _, engine := range bothEngines {
		t.Run(engine.String(), func(t *testing.T) { pauseWhileDown(t, engine) })
	}
}

func pauseWhileDown(t *testing.T, engine Engine) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 4, Open: 0.02, CoveragePorts: []uint16{80}})
	cfg := labConfig(t, l, 100_000, 80)
	cfg.Engine = engine
	s := openScan(t, l, cfg)
	go func() {
		time.Sleep(300 * time.Millisecond)
		for _, state := range []string{"down", "up"} {
			if err := setLink(l.Scanner, state == "up"); err != nil {
				t.Error(err)
			}
			time.Sleep(300 * time.Millisecond)
		}
	}()
	r := runOpened(t, s, nil)
	if r.end.Probes != cfg.Targets.Len() || r.end.Losses.WaitedForDevice == 0 {
		t.Errorf("%d probes of %d, %d waits", r.end.Probes, cfg.Targets.Len(), r.end.Losses.WaitedForDevice)
	}
	n := counters(t, world)
	if missing := cfg.Targets.Len() - n.SYNs; missing > r.end.Losses.SendDropped+64 {
		t.Errorf("%d of %d probes did not arrive, %d are accounted for", missing, cfg.Targets.Len(), r.end.Losses.SendDropped)
	}
	if engine == EngineXDP {
		checkEachOnce(t, world, cfg.Targets.Len())
	}
}

func setLink(h *lab.Host, up bool) error {
	return h.Do(func() error {
		dev, err := netlink.LinkByName(h.Interface())
		if err != nil {
			return err
		}
		if up {
			return netlink.LinkSetUp(dev)
		}
		return netlink.LinkSetDown(dev)
	})
}
