package redirect

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
	"github.com/xsweep/xsweep/xsk"
)

// attachTo attaches a program to an interface of the host.
func attachTo(h *lab.Host, ifindex int, cfg Config) (p *Program, err error) {
	err = h.Do(func() error {
		p, err = Attach(ifindex, cfg)
		return err
	})
	return p, err
}

// mustAttach attaches to the host's end of the wire until the test ends.
func mustAttach(t *testing.T, h *lab.Host, cfg Config) *Program {
	t.Helper()
	p, err := attachTo(h, h.Ifindex(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// attachedID is that of the program on the host's interface, or 0.
func attachedID(t *testing.T, h *lab.Host) uint32 {
	t.Helper()
	id, ok, err := h.XDPAttached()
	if err != nil {
		t.Fatal(err)
	}
	if !ok {
		return 0
	}
	return id
}

func (p *Program) id(t *testing.T) uint32 {
	t.Helper()
	info, err := p.prog.Info()
	if err != nil {
		t.Fatal(err)
	}
	id, _ := info.ID()
	return uint32(id)
}

func TestAttachModes(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	const lo = 1 // which has no native mode
	tests := []struct {
		name     string
		ifindex  int
		mode     Mode
		want     Mode
		errno    error // of Attach
		fellBack bool
	}{
		{"veth, auto", l.Scanner.Ifindex(), ModeAuto, ModeNative, nil, false},
		{"veth, native", l.Scanner.Ifindex(), ModeNative, ModeNative, nil, false},
		{"veth, generic", l.Scanner.Ifindex(), ModeGeneric, ModeGeneric, nil, false},
		{"lo, auto", lo, ModeAuto, ModeGeneric, nil, true},
		{"lo, native", lo, ModeNative, 0, unix.EOPNOTSUPP, false},
		{"lo, generic", lo, ModeGeneric, ModeGeneric, nil, false},
	}
	for _, tt := range tests {
		p, err := attachTo(l.Scanner, tt.ifindex, Config{Mode: tt.mode})
		if tt.errno != nil {
			if !errors.Is(err, tt.errno) {
				t.Errorf("%s: error %v, want %v", tt.name, err, tt.errno)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		a := p.Attachment()
		if a.Mode != tt.want || (a.NotNative != nil) != tt.fellBack || a.Replaced != nil {
			t.Errorf("%s: attached as %+v, want mode %v and a reason why not native: %v", tt.name, a, tt.want, tt.fellBack)
		}
		if tt.fellBack && !errors.Is(a.NotNative, unix.EOPNOTSUPP) {
			t.Errorf("%s: not native because of %v, want EOPNOTSUPP", tt.name, a.NotNative)
		}
		if err := errors.Join(p.Close(), p.Close()); err != nil {
			t.Errorf("%s: close: %v", tt.name, err)
		}
	}
	if id := attachedID(t, l.Scanner); id != 0 {
		t.Errorf("program %d is still attached", id)
	}
	if _, err := attachTo(l.Scanner, 9999, Config{}); err == nil {
		t.Error("attached to an interface that there is not")
	}
}

// attachByNetlink attaches a program that outlives its owner, as ip link does.
func attachByNetlink(t *testing.T, h *lab.Host, flags int) {
	t.Helper()
	prog, err := ebpf.NewProgram(&ebpf.ProgramSpec{Name: "stranger", Type: ebpf.XDP, License: "MIT",
		Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, xdpPass), asm.Return()}})
	if err != nil {
		t.Fatal(err)
	}
	defer prog.Close()
	err = h.Do(func() error {
		dev, err := netlink.LinkByIndex(h.Ifindex())
		if err != nil {
			return err
		}
		return netlink.LinkSetXdpFdWithFlags(dev, prog.FD(), flags)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestForeignProgram refuses to displace the programs of others, however they are attached, and displaces them when told.
func TestForeignProgram(t *testing.T) {
	tests := []struct {
		name    string
		program string
		attach  func(t *testing.T, l *lab.Lab)
	}{
		{"by bpf_link", "lab_pass", func(t *testing.T, l *lab.Lab) {
			if _, err := l.AttachPass(l.Scanner); err != nil {
				t.Fatal(err)
			}
		}},
		{"by netlink, native", "stranger", func(t *testing.T, l *lab.Lab) {
			attachByNetlink(t, l.Scanner, unix.XDP_FLAGS_DRV_MODE)
		}},
		{"by netlink, generic", "stranger", func(t *testing.T, l *lab.Lab) {
			attachByNetlink(t, l.Scanner, unix.XDP_FLAGS_SKB_MODE)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := labtest.New(t, lab.Config{})
			tt.attach(t, l)
			id := attachedID(t, l.Scanner)
			want := ForeignProgramError{Interface: "scan0", ID: id, Name: tt.program}
			for _, mode := range []Mode{ModeAuto, ModeNative, ModeGeneric} {
				p, err := attachTo(l.Scanner, l.Scanner.Ifindex(), Config{Mode: mode})
				if foreign, ok := errors.AsType[*ForeignProgramError](err); !ok || *foreign != want {
					t.Errorf("mode %v: Attach = %v, %v; want %v", mode, p, err, &want)
				}
			}
			if now := attachedID(t, l.Scanner); now != id {
				t.Fatalf("the program attached is %d, want %d untouched", now, id)
			}
			p := mustAttach(t, l.Scanner, Config{Replace: true})
			if a := p.Attachment(); a.Replaced == nil || *a.Replaced != want || a.Mode != ModeNative {
				t.Errorf("attached as %+v, want native, and %v replaced", a, &want)
			}
			if now := attachedID(t, l.Scanner); now != p.id(t) {
				t.Errorf("the program attached is %d, want ours, %d", now, p.id(t))
			}
		})
	}
}

// TestReplaceSaysWhatItTookOff cannot attach after it has displaced a program, and owns up to that.
func TestReplaceSaysWhatItTookOff(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	const lo = 1
	first, err := attachTo(l.Scanner, lo, Config{Mode: ModeGeneric})
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	_, err = attachTo(l.Scanner, lo, Config{Mode: ModeNative, Replace: true})
	if !errors.Is(err, unix.EOPNOTSUPP) || !strings.Contains(err.Error(), `name "xsk_redirect", has been taken off`) {
		t.Errorf("error %v, want EOPNOTSUPP and what was taken off", err)
	}
}

// TestReplaceAmbiguous has one program on interfaces of the same number in two namespaces: neither is touched.
func TestReplaceAmbiguous(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	const lo = 1
	p := load(t, Config{Mode: ModeGeneric})
	twin := &Program{prog: p.prog, cfg: p.cfg}
	if err := l.Scanner.Do(func() error { return p.Attach(lo) }); err != nil {
		t.Fatal(err)
	}
	if err := l.World.Do(func() error { return twin.Attach(lo) }); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = twin.link.Close() }()
	if q, err := attachTo(l.Scanner, lo, Config{Replace: true}); err == nil || !strings.Contains(err.Error(), "2 bpf_links") {
		t.Errorf("Attach = %v, %v; want a refusal", q, err)
	}
	for _, h := range []*lab.Host{l.Scanner, l.World} {
		if _, err := attachTo(h, lo, Config{}); err == nil {
			t.Error("the program was taken off")
		}
	}
}

func TestAttachTwice(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	p := mustAttach(t, l.Scanner, Config{})
	if err := l.Scanner.Do(func() error { return p.Attach(1) }); err == nil {
		t.Error("a Program was attached to two interfaces")
	}
}

// TestAttachedWithoutReference forgets the Program and collects garbage: frames still arrive at the socket.
func TestAttachedWithoutReference(t *testing.T) {
	l := labtest.New(t, lab.Config{Queues: 1})
	q := openQueue(t, l)
	func() {
		p, err := attachTo(l.Scanner, l.Scanner.Ifindex(), Config{Filter: Filter{EtherType: 0x88b5}})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Add(0, q.RX().FD()); err != nil {
			t.Fatal(err)
		}
	}()
	for range 3 {
		runtime.GC()
		time.Sleep(10 * time.Millisecond) // clean-ups run in a goroutine of their own
	}
	if attachedID(t, l.Scanner) == 0 {
		t.Fatal("the program was detached")
	}
	send(t, l.World, otherFrame(0x88b5))
	if n := receive(t, q.RX(), 1); n != 1 {
		t.Errorf("%d frames arrived, want 1", n)
	}
}

// TestReceive lets the filter choose between frames on the wire, in both modes.
func TestReceive(t *testing.T) {
	for _, mode := range []Mode{ModeNative, ModeGeneric} {
		l := labtest.New(t, lab.Config{Queues: 1})
		p := mustAttach(t, l.Scanner, Config{Filter: Filter{Protocol: 17, Ports: []uint16{53}}, Mode: mode})
		q := openQueue(t, l)
		if err := p.Add(0, q.RX().FD()); err != nil {
			t.Fatal(err)
		}
		other := frame(t, func(p *packet) { p.udp.DstPort = 54 })
		query := frame(t, nil)
		const pairs = 100
		for range pairs {
			send(t, l.World, other, query)
		}
		if n := receive(t, q.RX(), pairs); n != pairs {
			t.Errorf("mode %v: %d frames arrived, want %d", mode, n, pairs)
		}
		if n, err := p.Counters(); err != nil || n.Matched != pairs || n.Unbound != 0 || n.Passed < pairs {
			t.Errorf("mode %v: counters %+v, %v; want %d matched", mode, n, err, pairs)
		}
		if err := errors.Join(q.Close(), p.Close(), l.Close()); err != nil { // the next Lab waits for this one
			t.Fatal(err)
		}
	}
}

func TestWaitCarrier(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	wait := func(ifindex int) error {
		return l.Scanner.Do(func() error { return WaitCarrier(ifindex, 50*time.Millisecond) })
	}
	setLink := func(h *lab.Host, set func(netlink.Link) error) {
		err := h.Do(func() error {
			dev, err := netlink.LinkByIndex(h.Ifindex())
			if err != nil {
				return err
			}
			return set(dev)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := wait(l.Scanner.Ifindex()); err != nil {
		t.Errorf("link up: %v", err)
	}
	setLink(l.World, netlink.LinkSetDown)
	if err := wait(l.Scanner.Ifindex()); !errors.Is(err, unix.ENETDOWN) || !strings.Contains(err.Error(), "carrier") {
		t.Errorf("far end down: %v, want ENETDOWN for want of a carrier", err)
	}
	setLink(l.Scanner, netlink.LinkSetDown)
	if err := wait(l.Scanner.Ifindex()); !errors.Is(err, unix.ENETDOWN) || !strings.Contains(err.Error(), "is down") {
		t.Errorf("link down: %v, want ENETDOWN", err)
	}
	if err := wait(9999); err == nil {
		t.Error("an interface that there is not has a carrier")
	}
}

func openQueue(t *testing.T, l *lab.Lab) (q *xsk.Queue) {
	t.Helper()
	err := l.Scanner.Do(func() (err error) {
		q, err = xsk.Open(xsk.Config{Ifindex: l.Scanner.Ifindex(), Direction: xsk.ReceiveOnly})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { q.Close() })
	return q
}

// send puts frames on the wire at the host's end.
func send(t *testing.T, h *lab.Host, frames ...[]byte) {
	t.Helper()
	err := h.Do(func() error {
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		to := &unix.SockaddrLinklayer{Ifindex: h.Ifindex()}
		for _, b := range frames {
			err := unix.Sendto(fd, b, 0, to)
			for ; errors.Is(err, unix.ENOBUFS); err = unix.Sendto(fd, b, 0, to) {
				time.Sleep(time.Millisecond) // the far end is behind
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// receive releases frames until it has had n or none comes for two seconds, and returns how many came.
func receive(t *testing.T, rx *xsk.RxQueue, n int) (got int) {
	t.Helper()
	for got < n {
		if err := rx.Wait(2 * time.Second); err != nil {
			t.Fatal(err)
		}
		batch := rx.Receive(64)
		if batch == 0 {
			break
		}
		rx.Release(batch)
		got += batch
	}
	return got
}
