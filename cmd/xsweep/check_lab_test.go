package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/vishvananda/netlink"

	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
	"github.com/xsweep/xsweep/internal/preflight"
)

// checkJSON runs xsweep check and returns what it found.
func checkJSON(t *testing.T, l *lab.Lab, code int, args ...string) preflight.Report {
	t.Helper()
	p := start(t, l, t.TempDir(), append([]string{"check", "--json"}, args...)...)
	p.waitFor(t, code)
	var r preflight.Report
	if err := json.Unmarshal(p.stdout.Bytes(), &r); err != nil {
		t.Fatalf("%v: %s%s", err, &p.stdout, &p.stderr)
	}
	if p.stderr.Len() > 0 {
		t.Errorf("check says on standard error: %s", &p.stderr)
	}
	return r
}

// finding returns the first of this name.
func finding(t *testing.T, r preflight.Report, name string) preflight.Finding {
	t.Helper()
	i := slices.IndexFunc(r.Findings, func(f preflight.Finding) bool { return f.Name == name })
	if i < 0 {
		t.Fatalf("no finding %q: %+v", name, r.Findings)
	}
	return r.Findings[i]
}

// TestCheck runs xsweep check in the lab, whole and with one thing wrong at a time.
func TestCheck(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	t.Run("ready", func(t *testing.T) {
		p := start(t, l, t.TempDir(), "check", "-i", "scan0")
		p.waitFor(t, exitDone)
		out := p.stdout.String()
		for _, want := range []string{"capabilities", "veth: a virtual cable", "scan0 is up", "no XDP program of another owner",
			"198.18.0.2", "\nready on scan0: engine "} {
			if !strings.Contains(out, want) {
				t.Errorf("check does not say %q:\n%s", want, out)
			}
		}
		for line := range strings.Lines(out) {
			if status := strings.Fields(line)[0]; status == "fatal" {
				t.Errorf("check of the lab says %s", line)
			}
		}
	})
	t.Run("the interface of the route", func(t *testing.T) {
		for _, targets := range [][]string{nil, {"198.18.5.0/24"}} {
			if r := checkJSON(t, l, exitDone, targets...); r.Interface != "scan0" || !r.Ready {
				t.Errorf("check of %q: interface %q, ready %v", targets, r.Interface, r.Ready)
			}
		}
	})
	t.Run("no such interface", func(t *testing.T) {
		r := checkJSON(t, l, exitFailed, "-i", "eth9")
		if f := finding(t, r, "interface"); r.Ready || f.Status != preflight.Fatal || !strings.Contains(f.Text, "there are lo, scan0") {
			t.Errorf("ready %v, finding %+v", r.Ready, f)
		}
	})
	t.Run("another owner's program", func(t *testing.T) {
		pass, err := l.AttachPass(l.Scanner)
		if err != nil {
			t.Fatal(err)
		}
		defer pass.Close()
		id, _, err := l.Scanner.XDPAttached()
		if err != nil {
			t.Fatal(err)
		}
		f := finding(t, checkJSON(t, l, exitFailed, "-i", "scan0"), "program")
		if want := fmt.Sprintf(`id %d, name "lab_pass", held by a bpf_link`, id); f.Status != preflight.Fatal || !strings.Contains(f.Text, want) {
			t.Errorf("finding %+v, want %s", f, want)
		}
	})
	t.Run("a program left behind, and the command that takes it off", func(t *testing.T) {
		leaveProgram(t, l)
		f := finding(t, checkJSON(t, l, exitFailed, "-i", "scan0"), "program")
		command, ok := strings.CutPrefix(f.Fix, "sudo ")
		if !ok || !strings.Contains(f.Text, `name "left"`) {
			t.Fatalf("finding %+v", f)
		}
		words := strings.Fields(command)
		if err := l.Scanner.Run(exec.Command(words[0], words[1:]...)); err != nil {
			t.Fatalf("%s: %v", command, err)
		}
		checkJSON(t, l, exitDone, "-i", "scan0")
	})
	t.Run("no route", func(t *testing.T) {
		dropDefault(l)(t)
		f := finding(t, checkJSON(t, l, exitFailed, "203.0.113.7"), "route")
		if f.Status != preflight.Fatal || !strings.HasPrefix(f.Fix, "sudo ip route add default") {
			t.Errorf("finding %+v", f)
		}
	})
	t.Run("down", func(t *testing.T) {
		inScanner(t, l, netlink.LinkSetDown)
		r := checkJSON(t, l, exitFailed, "-i", "scan0")
		if f := finding(t, r, "link"); f.Status != preflight.Fatal || f.Fix != "sudo ip link set scan0 up" {
			t.Errorf("finding %+v", f)
		}
		if got := r.Named(preflight.Fatal); !slices.Equal(got, []string{"link"}) {
			t.Errorf("fatal: %v, want the link alone", got)
		}
	})
	t.Run("up again, and its routes are gone", func(t *testing.T) {
		inScanner(t, l, netlink.LinkSetUp)
		r := checkJSON(t, l, exitFailed, "-i", "scan0")
		if f := finding(t, r, "link"); f.Status != preflight.OK || !slices.Equal(r.Named(preflight.Fatal), []string{"route"}) {
			t.Errorf("finding %+v, fatal %v, want the route alone", f, r.Named(preflight.Fatal))
		}
	})
}

// leaveProgram attaches an XDP program as ip link does, so that it stays without an owner.
func leaveProgram(t *testing.T, l *lab.Lab) {
	t.Helper()
	prog, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Name: "left", Type: ebpf.XDP, License: "MIT",
		Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, 2), asm.Return()}, // XDP_PASS
	})
	if err != nil {
		t.Fatal(err)
	}
	defer prog.Close()
	inScanner(t, l, func(dev netlink.Link) error { return netlink.LinkSetXdpFd(dev, prog.FD()) })
}

// inScanner does something to the scanner's interface.
func inScanner(t *testing.T, l *lab.Lab, do func(netlink.Link) error) {
	t.Helper()
	if err := l.Scanner.Do(func() error {
		dev, err := netlink.LinkByName("scan0")
		if err != nil {
			return err
		}
		return do(dev)
	}); err != nil {
		t.Fatal(err)
	}
}

// TestCheckOnlyReads: nothing is sent, not even a question for the gateway, and nothing attached.
func TestCheckOnlyReads(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	inScanner(t, l, func(dev netlink.Link) error { // so that a question would be due
		neighbours, err := netlink.NeighList(dev.Attrs().Index, netlink.FAMILY_V4)
		for _, n := range neighbours {
			if err == nil {
				err = netlink.NeighDel(&n)
			}
		}
		return err
	})
	sent := func() (n uint64) {
		inScanner(t, l, func(dev netlink.Link) error {
			n = dev.Attrs().Statistics.TxPackets
			return nil
		})
		return n
	}
	before := sent()
	r := checkJSON(t, l, exitDone, "-i", "scan0")
	if f := finding(t, r, "gateway"); f.Status != preflight.Unknown || !strings.Contains(f.Text, "not known yet") {
		t.Errorf("finding %+v, want that the gateway is not known yet", f)
	}
	if after := sent(); after != before {
		t.Errorf("check sent %d packets", after-before)
	}
	if id, ok, err := l.Scanner.XDPAttached(); ok || err != nil {
		t.Errorf("program %d attached after check: %v, %v", id, ok, err)
	}
}

// TestCheckForetellsEngine compares the engine that check expects with the one that a scan takes, where the far end of the
// cable can take XDP frames and where it cannot.
func TestCheckForetellsEngine(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	for engine, gro := range map[string]bool{"xsk": false, "xdp": true} {
		if err := l.World.SetGRO(gro); err != nil {
			t.Fatal(err)
		}
		if r := checkJSON(t, l, exitDone, "-i", "scan0"); r.Engine != engine {
			t.Errorf("check expects engine %q, want %s: %+v", r.Engine, engine, finding(t, r, "engine"))
		}
		p := start(t, l, t.TempDir(), "-i", "scan0", "--allow-special", "-p", "443", "-r", "0", "-c", "0", "198.18.7.0/24")
		p.waitFor(t, exitDone)
		if !strings.Contains(p.stderr.String(), "engine "+engine+" (") {
			t.Errorf("the scan does not take engine %s: %s", engine, &p.stderr)
		}
	}
}

// TestCheckWithoutPrivilege runs as nobody, who is told the command that mends it.
func TestCheckWithoutPrivilege(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	dir, err := os.MkdirTemp("", "xsweep-test-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(dir, "xsweep")
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(binary, self, 0o755); err != nil {
		t.Fatal(err)
	}
	p := &program{cmd: exec.Command(binary, "check", "-i", "scan0")}
	p.cmd.Dir, p.cmd.Env = "/", append(os.Environ(), asXsweep+"="+currentNamespace())
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	if err := l.Scanner.Start(p.cmd); err != nil {
		t.Fatal(err)
	}
	p.waitFor(t, exitFailed)
	for _, want := range []string{"missing CAP_NET_RAW, CAP_NET_ADMIN, CAP_BPF, CAP_PERFMON",
		"$ sudo setcap cap_net_raw,cap_net_admin,cap_bpf,cap_perfmon,cap_ipc_lock+ep " + binary + "\n", "not ready on scan0: capabilities"} {
		if !strings.Contains(p.stdout.String(), want) {
			t.Errorf("check as nobody does not say %q:\n%s", want, &p.stdout)
		}
	}
}
