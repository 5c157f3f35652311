package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/blocklist"
	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
	"github.com/xsweep/xsweep/xsk"
)

// program is a run of xsweep in the scanner's namespace.
type program struct {
	cmd    *exec.Cmd
	stdout bytes.Buffer
	stderr liveText
}

// liveText is text that can be read while it grows.
type liveText struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *liveText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *liveText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *liveText) Len() int { return len(l.String()) }

// start runs the test binary as xsweep, so that what is tested is what users run.
func start(t testing.TB, l *lab.Lab, dir string, args ...string) *program {
	t.Helper()
	return startTo(t, l, dir, nil, args...)
}

// startTo has standard output go to a file, nil for the program's stdout.
func startTo(t testing.TB, l *lab.Lab, dir string, stdout *os.File, args ...string) *program {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &program{cmd: exec.Command(self, args...)}
	p.cmd.Dir, p.cmd.Env = dir, append(os.Environ(), asXsweep+"="+currentNamespace())
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	if stdout != nil {
		p.cmd.Stdout = stdout
	}
	if err := l.Scanner.Start(p.cmd); err != nil {
		t.Fatal(err)
	}
	return p
}

// wait returns the exit code, and -1 for a process that a signal ended.
func (p *program) wait(t testing.TB) int {
	t.Helper()
	err := p.cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return p.cmd.ProcessState.ExitCode()
}

func (p *program) waitFor(t testing.TB, code int) {
	t.Helper()
	if got := p.wait(t); got != code {
		t.Fatalf("exit code %d, want %d; stderr:\n%s", got, code, &p.stderr)
	}
}

func simulate(t testing.TB, l *lab.Lab, cfg lab.SimConfig) *lab.Simulation {
	t.Helper()
	world, err := l.Simulate(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return world
}

func read(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// checkRows compares rows of addresses with what is open on a port.
func checkRows(t *testing.T, text string, world *lab.Simulation, targets string, port uint16) {
	t.Helper()
	r, err := blocklist.Parse(targets)
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]bool)
	for row := range strings.Lines(text) {
		if !strings.HasSuffix(row, "\n") {
			t.Errorf("the last row is cut: %q", row)
		}
		row = strings.TrimSpace(row)
		addr, ok := blocklist.FromAddr(netip.MustParseAddr(row))
		if !ok || found[row] || world.Truth(addr, port) != lab.Open {
			t.Errorf("row %q is not true or there twice", row)
		}
		found[row] = true
	}
	if want := world.CountOpen(r.First, r.Last, []uint16{port}); uint64(len(found)) != want {
		t.Errorf("%d rows, %d are open", len(found), want)
	}
}

// TestProgram runs whole scans as a user does: ZMap's default output, fields, JSON, and what goes to standard error.
func TestProgram(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 21, Open: 0.05, Closed: 0.05})
	dir := t.TempDir()
	const targets = "198.18.16.0/20"

	t.Run("default output", func(t *testing.T) {
		p := start(t, l, dir, "--allow-special", "-p", "443", "-r", "20k", "-c", "1", targets)
		p.waitFor(t, exitDone)
		checkRows(t, p.stdout.String(), world, targets, 443)
		for _, want := range []string{"scan0, source 198.18.0.1, gateway 198.18.0.2 at ", "XDP native, AF_XDP copy mode",
			"; hitrate: 5.91%", "scan ended: all targets probed"} {
			if !strings.Contains(p.stderr.String(), want) {
				t.Errorf("stderr does not say %q:\n%s", want, &p.stderr)
			}
		}
	})
	t.Run("quiet, to a file, generic XDP", func(t *testing.T) {
		p := start(t, l, dir, "--allow-special", "-p", "443", "-r", "20k", "-c", "1", "-q", "-v", "2", "--xdp-mode", "generic",
			"--bind-mode", "copy", "-i", "scan0", "-G", l.World.MAC().String(), "-S", "198.18.0.1", "-s", "40000-40100", "-o", "out.csv", targets)
		p.waitFor(t, exitDone)
		checkRows(t, read(t, dir, "out.csv"), world, targets, 443)
		if p.stderr.Len()+p.stdout.Len() > 0 {
			t.Errorf("a quiet scan says: %s%s", &p.stdout, &p.stderr)
		}
	})
	t.Run("fields", func(t *testing.T) {
		p := start(t, l, dir, "--allow-special", "-p", "443", "-r", "20k", "-c", "1", "-q", "-f", "saddr,sport,classification", targets)
		p.waitFor(t, exitDone)
		text := p.stdout.String()
		if !strings.HasPrefix(text, "saddr,sport,classification\n") || !strings.Contains(text, ",443,rst\n") ||
			!strings.Contains(text, ",443,synack\n") {
			t.Errorf("rows: %.200s", text)
		}
	})
	t.Run("json", func(t *testing.T) {
		p := start(t, l, dir, "--allow-special", "-p", "80,443", "-r", "20k", "-c", "1", "-O", "json", "-o", "out.json", "-N", "50", targets)
		p.waitFor(t, exitDone)
		rows := 0
		for line := range strings.Lines(read(t, dir, "out.json")) {
			var row struct {
				Saddr string
				Sport uint16
			}
			if err := json.Unmarshal([]byte(line), &row); err != nil || row.Saddr == "" || row.Sport == 0 {
				t.Fatalf("row %q: %v", line, err)
			}
			rows++
		}
		if rows != 50 {
			t.Errorf("%d rows, want the 50 that -N asks for", rows)
		}
	})
	t.Run("a full disk", func(t *testing.T) {
		if err := os.Symlink("/dev/full", filepath.Join(dir, "full.csv")); err != nil {
			t.Fatal(err)
		}
		p := start(t, l, dir, "--allow-special", "-p", "443", "-r", "20k", "-c", "1", "-q", "-v", "2", "-o", "full.csv", targets)
		p.waitFor(t, exitFailed)
		checkRefusal(t, p, "full.csv: no space left on device", "free some space")
	})
	t.Run("a reader that has had enough", func(t *testing.T) {
		self, _ := os.Executable()
		p := &program{cmd: exec.Command("sh", "-c", self+" --allow-special -p 443 -r 100k -c 1 -q "+targets+" | head -n 3")}
		p.cmd.Env = append(os.Environ(), asXsweep+"="+currentNamespace())
		p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
		if err := l.Scanner.Run(p.cmd); err != nil {
			t.Fatal(err)
		}
		if rows := strings.Count(p.stdout.String(), "\n"); rows != 3 || strings.Contains(p.stderr.String(), "broken pipe") {
			t.Errorf("%d rows, stderr: %s", rows, &p.stderr)
		}
	})
}

// waitForRows waits until a scan has written something, and fails if it never does.
func waitForRows(t *testing.T, path string) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if info, err := os.Stat(path); err == nil && info.Size() > 0 {
			return
		}
	}
	t.Fatal("no row was written in ten seconds")
}

// TestInterrupt presses Ctrl-C: once for a good end, twice for a quick one, and kill -9 for none.
func TestInterrupt(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 22, Open: 0.1})
	scan := []string{"--allow-special", "-p", "443", "-r", "10k", "-o", "out.csv", "198.18.0.3-198.19.255.255"}
	attached := func() bool {
		_, on, err := l.Scanner.XDPAttached()
		if err != nil {
			t.Fatal(err)
		}
		return on
	}
	run := func(t *testing.T, args ...string) (*program, string) {
		dir := t.TempDir()
		if err := world.Reset(); err != nil {
			t.Fatal(err)
		}
		p := start(t, l, dir, append(args, scan...)...)
		waitForRows(t, filepath.Join(dir, "out.csv"))
		return p, filepath.Join(dir, "out.csv")
	}
	t.Run("once", func(t *testing.T) {
		p, file := run(t, "-c", "1")
		if !attached() {
			t.Error("no XDP program is attached during a scan")
		}
		p.cmd.Process.Signal(unix.SIGINT)
		p.waitFor(t, exitDone)
		n, err := world.Counters()
		if err != nil {
			t.Fatal(err)
		}
		if rows := strings.Count(read(t, file), "\n"); uint64(rows) != n.Open || n.SYNs > 120_000 {
			t.Errorf("%d rows of %d that the world accepted, after %d probes", rows, n.Open, n.SYNs)
		}
		if !strings.Contains(p.stderr.String(), "scan ended: stopped") || attached() {
			t.Errorf("XDP attached: %v; stderr:\n%s", attached(), &p.stderr)
		}
	})
	t.Run("twice", func(t *testing.T) {
		p, file := run(t, "-c", "3600")
		p.cmd.Process.Signal(unix.SIGINT)
		time.Sleep(100 * time.Millisecond) // two signals that wait for delivery at once are one
		p.cmd.Process.Signal(unix.SIGINT)
		p.waitFor(t, exitFailed)
		if text := read(t, file); !strings.HasSuffix(text, "\n") {
			t.Errorf("the last row is cut: %q", text[max(0, len(text)-30):])
		}
		if attached() {
			t.Error("an XDP program is left")
		}
	})
	t.Run("killed", func(t *testing.T) {
		p, file := run(t, "-c", "1")
		p.cmd.Process.Kill()
		if code := p.wait(t); code != -1 {
			t.Errorf("exit code %d", code)
		}
		for deadline := time.Now().Add(5 * time.Second); attached(); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("an XDP program is left after SIGKILL")
			}
		}
		if text := read(t, file); !strings.HasSuffix(text, "\n") {
			t.Errorf("the last row is cut: %q", text[max(0, len(text)-30):])
		}
	})
}

// TestRefusals is what must stop a scan before anything is sent or written: one line that names the thing, a hint.
func TestRefusals(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 23, Open: 0.1})
	link := func(change func(netlink.Link) error) func(*testing.T) {
		return func(t *testing.T) {
			t.Helper()
			if err := l.Scanner.Do(func() error {
				dev, err := netlink.LinkByName("scan0")
				if err != nil {
					return err
				}
				return change(dev)
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	tests := []struct {
		name   string
		args   []string
		before func(*testing.T)
		after  func(*testing.T)
		want   string
		hint   string
	}{
		{name: "unknown interface", args: []string{"-i", "eth9"}, want: `interface "eth9": no such interface: there are lo, scan0`, hint: "ip -brief link"},
		{name: "loopback", args: []string{"-i", "lo"}, want: `interface "lo": loopback interface`, hint: "--interface"},
		{name: "zero-copy that the driver has not", args: []string{"--bind-mode", "zero-copy"}, want: "scan0 queue 0: zero-copy required: bind: operation not supported", hint: "--bind-mode"},
		{name: "unwritable output", args: []string{"-o", "no-such-dir/out.csv"}, want: "create no-such-dir/out.csv: no such file or directory", hint: "--output-file"},
		{name: "output is a directory", args: []string{"-o", "."}, want: "create .: is a directory", hint: "--output-file"},
		{name: "one of two outputs is a directory", args: []string{"-o", "second.json", "-o", "."}, want: "create .: is a directory", hint: "--output-file"},
		{name: "metadata path is a directory", args: []string{"-m", "."}, want: "create .: is a directory", hint: "--metadata-file"},
		{name: "metadata directory is not there", args: []string{"-m", "no-such-dir/m.json"}, want: "no-such-dir/m.json.partial: no such file or directory", hint: "--metadata-file"},
		{name: "status directory is not there", args: []string{"-u", "no-such-dir/u.csv"}, want: "create no-such-dir/u.csv: no such file or directory", hint: "--status-updates-file"},
		{name: "queue of another program", before: holdQueue(l), want: "scan0 queue 1: bind: device or resource busy", hint: "another program"},
		{name: "foreign XDP program", before: func(t *testing.T) {
			pass, err := l.AttachPass(l.Scanner)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { pass.Close() })
		}, want: "interface scan0 has an XDP program of another owner: id ", hint: "never displaced"},
		{name: "gateway that is not there", before: gateway(l, "198.18.0.77"), after: gateway(l, "198.18.0.2"),
			want: "gateway 198.18.0.77 on scan0: no answer to ARP", hint: "--gateway-mac"},
		{name: "no route", args: []string{"-i", "scan0", "203.0.113.7"}, before: dropDefault(l), want: "203.0.113.7", hint: "--gateway-mac"},
		{name: "no IPv4 address", before: link(func(dev netlink.Link) error {
			addrs, err := netlink.AddrList(dev, unix.AF_INET)
			for _, a := range addrs {
				err = errors.Join(err, netlink.AddrDel(dev, &a))
			}
			return err
		}), args: []string{"-i", "scan0", "-G", "02:00:c6:12:00:02"}, want: `interface "scan0": no IPv4 address`, hint: "--source-ip"},
		{name: "interface down", before: link(netlink.LinkSetDown), args: []string{"-i", "scan0"}, want: `interface "scan0": down`, hint: "ip link set"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "out.csv"), []byte("old results\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			if tt.before != nil {
				tt.before(t)
			}
			args := []string{"--allow-special", "-p", "443", "-c", "0", "-r", "100", "-o", "out.csv"}
			if len(tt.args) == 0 || !strings.HasPrefix(tt.args[len(tt.args)-1], "203.") {
				args = append(args, "198.18.7.0/24")
			}
			p := start(t, l, dir, append(args, tt.args...)...)
			p.waitFor(t, exitFailed)
			if tt.after != nil {
				tt.after(t)
			}
			checkRefusal(t, p, tt.want, tt.hint)
			if n, err := world.Counters(); err != nil || n.SYNs != 0 {
				t.Errorf("%d probes were sent, %v", n.SYNs, err)
			}
			if left, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(left) != 1 {
				t.Errorf("%q are left", left)
			}
			if text := read(t, dir, "out.csv"); text != "old results\n" {
				t.Errorf("the output file now holds %q", text)
			}
		})
	}
}

// checkRefusal wants an error line with this text and a hint, and apart from them nothing but the log.
func checkRefusal(t *testing.T, p *program, want, hint string) {
	t.Helper()
	var complaints, hints []string
	for line := range strings.Lines(p.stderr.String()) {
		switch {
		case strings.HasPrefix(line, "xsweep: hint: "):
			hints = append(hints, line)
		case strings.HasPrefix(line, "xsweep: "):
			complaints = append(complaints, line)
		case !strings.Contains(line, "] xsweep: "):
			t.Errorf("stderr has a line that is no log, error or hint: %q", line)
		}
	}
	if len(complaints) != 1 || !strings.Contains(complaints[0], want) {
		t.Errorf("errors %q, want one with %q", complaints, want)
	}
	if len(hints) != 1 || !strings.Contains(hints[0], hint) {
		t.Errorf("hints %q, want one with %q", hints, hint)
	}
	if p.stdout.Len() > 0 {
		t.Errorf("standard output: %s", &p.stdout)
	}
}

// holdQueue is another program with an AF_XDP socket on one of the queues.
func holdQueue(l *lab.Lab) func(*testing.T) {
	return func(t *testing.T) {
		t.Helper()
		var q *xsk.Queue
		err := l.Scanner.Do(func() (err error) {
			q, err = xsk.Open(xsk.Config{Ifindex: l.Scanner.Ifindex(), Queue: 1, Bind: xsk.BindCopy})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := q.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// gateway routes the world by another address on the link.
func gateway(l *lab.Lab, addr string) func(*testing.T) {
	return func(t *testing.T) {
		t.Helper()
		if err := l.Scanner.Do(func() error {
			dev, err := netlink.LinkByName("scan0")
			if err != nil {
				return err
			}
			_, network, err := net.ParseCIDR("198.18.0.0/15")
			if err != nil {
				return err
			}
			return netlink.RouteReplace(&netlink.Route{Dst: network, Gw: net.ParseIP(addr), LinkIndex: dev.Attrs().Index,
				Src: net.ParseIP("198.18.0.1"), Flags: int(netlink.FLAG_ONLINK)})
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// dropDefault leaves the scanner with its route to the world alone.
func dropDefault(l *lab.Lab) func(*testing.T) {
	return func(t *testing.T) {
		t.Helper()
		if err := l.Scanner.Do(func() error {
			routes, err := netlink.RouteList(nil, unix.AF_INET)
			if err != nil {
				return err
			}
			for _, r := range routes {
				if r.Dst == nil || r.Dst.String() == "0.0.0.0/0" || r.Dst.String() == "198.18.0.0/15" {
					if err := netlink.RouteDel(&r); err != nil {
						return err
					}
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLinkTargets scans hosts on the link itself, each with a MAC of its own: those that answer ARP are scanned.
func TestLinkTargets(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	if err := l.World.Do(func() error { return addAddresses("world0", 20) }); err != nil {
		t.Fatal(err)
	}
	var ln net.Listener
	if err := l.World.Do(func() (err error) { ln, err = net.Listen("tcp4", "198.19.200.7:443"); return err }); err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if err := l.Scanner.Do(func() error { return addAddresses("scan0", 1) }); err != nil {
		t.Fatal(err)
	}
	pass, err := l.AttachPass(l.World) // the world's end wants a program to take XDP frames; here the kernel answers
	if err != nil {
		t.Fatal(err)
	}
	defer pass.Close()
	p := start(t, l, t.TempDir(), "--allow-special", "-p", "443,444", "-c", "1", "-q", "-f", "saddr,sport,classification", "198.19.200.0/24")
	p.waitFor(t, exitDone)
	if !strings.Contains(p.stdout.String(), "198.19.200.7,443,synack\n") {
		t.Errorf("the listener is not found:\n%s", &p.stdout)
	}
	if n := strings.Count(p.stdout.String(), ",rst\n"); n != 2*20-1 {
		t.Errorf("%d closed ports found, want %d:\n%s\n%s", n, 2*20-1, &p.stdout, &p.stderr)
	}
}

// addAddresses gives an interface the first n addresses of 198.19.200.0/24, from .1 on; the world begins at .2.
func addAddresses(name string, n int) error {
	dev, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	first := 1
	if name != "scan0" {
		first = 2
	}
	for i := first; i < first+n; i++ {
		addr, err := netlink.ParseAddr("198.19.200." + strconv.Itoa(i) + "/24")
		if err != nil {
			return err
		}
		if err := netlink.AddrAdd(dev, addr); err != nil {
			return err
		}
	}
	return nil
}
