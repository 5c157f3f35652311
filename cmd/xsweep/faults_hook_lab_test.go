package main

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// TestProgramTakenAway does what an administrator can do to the program of a scan, who has `bpftool link detach` and
// `bpftool link update`: without it no answer comes any more, so the scan ends and says so. It does not put it back.
func TestProgramTakenAway(t *testing.T) {
	tests := []struct {
		name string
		args []string
		do   func(*testing.T, link.Link)
		want string
	}{
		{"detached", nil, detach, "scan0: the XDP program of this scan was taken off the interface by someone else: no answer can come"},
		{"detached in the cool-down", []string{"-n", "5000", "-c", "3600"}, detach, "taken off the interface by someone else: no answer can come"},
		{"replaced", nil, func(t *testing.T, l link.Link) {
			pass := passProgram(t)
			must(t, l.Update(pass))
		}, "taken off the interface by someone else, and program "},
	}
	for _, engine := range bothEngines {
		for _, tt := range tests {
			t.Run(engine+"/"+tt.name, func(t *testing.T) {
				f := startFaulty(t, engine, tt.args...)
				if tt.args != nil {
					f.awaitText(t, " done (")
				}
				held := f.programLink(t)
				tt.do(t, held)
				must(t, held.Close()) // or it would hold the program
				before := f.counters(t).SYNs
				f.end(t, exitFailed)
				f.checkFailure(t, tt.want, "'bpftool net' shows what is attached now")
				if n := f.counters(t).SYNs - before; n > faultRate*2 {
					t.Errorf("%d probes were sent in vain", n)
				}
				for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) { // the kernel takes its time
					_, attached, err := f.lab.Scanner.XDPAttached()
					must(t, err)
					if !attached {
						break
					}
					if time.Now().After(deadline) {
						t.Fatal("a program is attached afterwards")
					}
				}
			})
		}
	}
}

func detach(t *testing.T, l link.Link) { must(t, l.Detach()) }

// programLink opens the bpf_link that holds the scan's program, as anybody may who has CAP_SYS_ADMIN.
func (f *faulty) programLink(t *testing.T) link.Link {
	t.Helper()
	id, attached, err := f.lab.Scanner.XDPAttached()
	if err != nil || !attached {
		t.Fatal("no program is attached", err)
	}
	links := new(link.Iterator)
	defer links.Close()
	for links.Next() {
		info, err := links.Link.Info()
		if err == nil && info.XDP() != nil && info.Program == ebpf.ProgramID(id) {
			return links.Take()
		}
	}
	t.Fatalf("no link holds program %d: %v", id, links.Err())
	return nil
}

func passProgram(t *testing.T) *ebpf.Program {
	t.Helper()
	pass, err := ebpf.NewProgram(&ebpf.ProgramSpec{Name: "somebody", Type: ebpf.XDP, AttachType: ebpf.AttachXDP, License: "MIT",
		Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, 2), asm.Return()}}) // XDP_PASS
	must(t, err)
	t.Cleanup(func() { pass.Close() })
	return pass
}

// TestProgramKeepsItsPlace has others try to put a program on the interface, by all means but those above: the kernel
// refuses each, and the scan is not disturbed.
func TestProgramKeepsItsPlace(t *testing.T) {
	for _, engine := range bothEngines {
		t.Run(engine, func(t *testing.T) {
			f := startFaulty(t, engine)
			ours, _, err := f.lab.Scanner.XDPAttached()
			must(t, err)
			pass := passProgram(t)
			byNetlink := func(fd, flags int) func(netlink.Link) error {
				return func(dev netlink.Link) error { return netlink.LinkSetXdpFdWithFlags(dev, fd, flags) }
			}
			byLink := func(flags link.XDPAttachFlags) func(netlink.Link) error {
				return func(dev netlink.Link) error {
					l, err := link.AttachXDP(link.XDPOptions{Program: pass, Interface: dev.Attrs().Index, Flags: flags})
					if err == nil {
						l.Close()
					}
					return err
				}
			}
			for name, try := range map[string]func(netlink.Link) error{
				"ip link set xdp":             byNetlink(pass.FD(), unix.XDP_FLAGS_UPDATE_IF_NOEXIST),
				"ip -force link set xdp":      byNetlink(pass.FD(), 0),
				"ip -force link set xdpdrv":   byNetlink(pass.FD(), unix.XDP_FLAGS_DRV_MODE),
				"ip link set xdpgeneric":      byNetlink(pass.FD(), unix.XDP_FLAGS_SKB_MODE|unix.XDP_FLAGS_UPDATE_IF_NOEXIST),
				"ip link set xdp off":         byNetlink(-1, 0),
				"ip link set xdpdrv off":      byNetlink(-1, unix.XDP_FLAGS_DRV_MODE),
				"a bpf_link":                  byLink(0),
				"a bpf_link, native":          byLink(link.XDPDriverMode),
				"a bpf_link, in generic mode": byLink(link.XDPGenericMode),
			} {
				if err := changeLink(f.lab.Scanner, try); !errors.Is(err, unix.EBUSY) && !errors.Is(err, unix.EEXIST) {
					t.Errorf("%s: %v, want EBUSY or EEXIST", name, err)
				}
			}
			if now, _, err := f.lab.Scanner.XDPAttached(); err != nil || now != ours {
				t.Errorf("program %d is attached, was %d, %v", now, ours, err)
			}
			f.end(t, exitDone)
			f.checkComplete(t, 0, 0)
		})
	}
}

// TestSecondScan starts another scan on the interface: it is refused and says why, and the first one is not disturbed.
func TestSecondScan(t *testing.T) {
	for _, engine := range bothEngines {
		t.Run(engine, func(t *testing.T) {
			f := startFaulty(t, engine)
			second := start(t, f.lab, t.TempDir(), "--allow-special", "-p", "443", "--engine", engine, "-o", "out.csv", faultRange)
			second.waitFor(t, exitFailed)
			checkRefusal(t, second, `interface scan0 has an XDP program of another owner: id `, "never displaced")
			if !strings.Contains(second.stderr.String(), `name "steer"`) {
				t.Errorf("it does not say whose program: %s", &second.stderr)
			}
			if left, err := filepath.Glob(filepath.Join(second.cmd.Dir, "*")); err != nil || len(left) > 0 {
				t.Errorf("%q are left", left)
			}
			f.end(t, exitDone)
			f.checkComplete(t, 0, 0)
		})
	}
}
