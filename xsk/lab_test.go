package xsk

import (
	"errors"
	"os"
	"runtime"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// etherType marks the frames of these tests: IEEE "local experimental". The host answers none of them.
const etherType = 0x88b5

// wire is a veth pair whose ends lie in two network namespaces of their own, with no way out of either. near is where
// the test's goroutine lives and opens its sockets.
type wire struct {
	nearNS, farNS       netns.NsHandle
	nearLink, farLink   *netlink.Handle
	nearIndex, farIndex int
}

// nearName is the interface that the tests open queues of.
const nearName = "near0"

// newWire makes a wire with so many queues at either end, both ends up, and moves the calling goroutine into its near
// namespace for good: its thread is locked and dies with the test.
func newWire(tb testing.TB, txQueues, rxQueues int) *wire {
	tb.Helper()
	runtime.LockOSThread()
	w := &wire{}
	w.farNS = newNamespace(tb)
	w.nearNS = newNamespace(tb)
	w.nearLink = newHandle(tb, w.nearNS)
	w.farLink = newHandle(tb, w.farNS)

	veth := netlink.NewVeth(netlink.LinkAttrs{Name: nearName, NumTxQueues: txQueues, NumRxQueues: rxQueues, TxQLen: -1})
	veth.PeerName = "far0"
	veth.PeerNamespace = netlink.NsFd(w.farNS)
	// Native XDP wants as many receive queues as the other end has transmit queues.
	veth.PeerNumTxQueues, veth.PeerNumRxQueues = uint32(rxQueues), uint32(txQueues)
	if err := w.nearLink.LinkAdd(veth); err != nil {
		tb.Fatalf("add veth: %v", err)
	}
	w.nearIndex = w.up(tb, w.nearLink, nearName)
	w.farIndex = w.up(tb, w.farLink, veth.PeerName)
	return w
}

// missPrivileges skips the test, or fails it under XSWEEP_REQUIRE_NETNS=1, because it may not make namespaces.
func missPrivileges(tb testing.TB) {
	tb.Helper()
	const missing = "needs root: CAP_SYS_ADMIN for network namespaces, CAP_NET_ADMIN, CAP_NET_RAW and CAP_BPF"
	if os.Getenv("XSWEEP_REQUIRE_NETNS") == "1" {
		tb.Fatal(missing)
	}
	tb.Skip(missing)
}

// newNamespace makes an unnamed namespace and enters it. It goes away with its last user.
func newNamespace(tb testing.TB) netns.NsHandle {
	tb.Helper()
	ns, err := netns.New()
	if errors.Is(err, unix.EPERM) {
		missPrivileges(tb)
	}
	if err != nil {
		tb.Fatalf("make network namespace: %v", err)
	}
	tb.Cleanup(func() { ns.Close() })
	return ns
}

// newHandle opens a netlink handle into a namespace.
func newHandle(tb testing.TB, ns netns.NsHandle) *netlink.Handle {
	tb.Helper()
	h, err := netlink.NewHandleAt(ns)
	if err != nil {
		tb.Fatalf("open netlink: %v", err)
	}
	tb.Cleanup(h.Close)
	return h
}

// up sets an interface up and returns its index.
func (w *wire) up(tb testing.TB, h *netlink.Handle, name string) int {
	tb.Helper()
	l, err := h.LinkByName(name)
	if err == nil {
		err = h.LinkSetUp(l)
	}
	if err != nil {
		tb.Fatalf("set %s up: %v", name, err)
	}
	return l.Attrs().Index
}

// nearDown sets the near interface down.
func (w *wire) nearDown(tb testing.TB) {
	tb.Helper()
	l, err := w.nearLink.LinkByIndex(w.nearIndex)
	if err == nil {
		err = w.nearLink.LinkSetDown(l)
	}
	if err != nil {
		tb.Fatalf("set %s down: %v", nearName, err)
	}
}

// atFar runs f with the calling thread in the far namespace.
func (w *wire) atFar(tb testing.TB, f func()) {
	tb.Helper()
	if err := netns.Set(w.farNS); err != nil {
		tb.Fatalf("enter far namespace: %v", err)
	}
	f()
	if err := netns.Set(w.nearNS); err != nil {
		tb.Fatalf("enter near namespace: %v", err)
	}
}

// open opens a queue of the near interface; the test closes it at its end.
func (w *wire) open(tb testing.TB, cfg Config) *Queue {
	tb.Helper()
	cfg.Ifindex, cfg.Interface = w.nearIndex, nearName
	q, err := Open(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := q.Close(); err != nil {
			tb.Error(err)
		}
	})
	return q
}

// packetSocket is a raw socket at the far end, to put frames on the wire and to take them off.
type packetSocket struct {
	fd int
}

// farSocket opens a packetSocket that receives frames of etherType, with room for all the frames of a test.
func (w *wire) farSocket(tb testing.TB) packetSocket {
	tb.Helper()
	var s packetSocket
	w.atFar(tb, func() {
		proto := int(etherType>>8 | etherType&0xff<<8) // network order
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, proto)
		if err != nil {
			tb.Fatalf("open packet socket: %v", err)
		}
		tb.Cleanup(func() { unix.Close(fd) })
		s.fd = fd
		err = errors.Join(
			unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 64<<20),
			unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 2}),
			unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: uint16(proto), Ifindex: w.farIndex}),
		)
		if err != nil {
			tb.Fatalf("set up packet socket: %v", err)
		}
	})
	return s
}

// read returns the next frame, or nil if none comes for two seconds.
func (s packetSocket) read(tb testing.TB) []byte {
	tb.Helper()
	b := make([]byte, 4096)
	for {
		n, _, err := unix.Recvfrom(s.fd, b, 0)
		switch {
		case err == nil:
			return b[:n]
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EAGAIN):
			return nil
		default:
			tb.Fatalf("read packet socket: %v", err)
		}
	}
}

// write puts a frame on the wire.
func (s packetSocket) write(tb testing.TB, frame []byte) {
	tb.Helper()
	if _, err := unix.Write(s.fd, frame); err != nil {
		tb.Fatalf("write packet socket: %v", err)
	}
}

// testFrame returns an Ethernet frame of n bytes, broadcast and of etherType, that carries seq.
func testFrame(seq uint64, n int) []byte {
	b := make([]byte, n)
	header := []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, etherType >> 8, etherType & 0xff}
	seqFrame(b[copy(b, header):], seq, n-len(header))
	return b
}

// attach attaches an XDP program to an interface of the calling thread's namespace until the test ends.
func attach(tb testing.TB, ifindex int, flags link.XDPAttachFlags, insns asm.Instructions) {
	tb.Helper()
	prog, err := ebpf.NewProgram(&ebpf.ProgramSpec{Type: ebpf.XDP, Instructions: insns, License: "MIT"})
	if err != nil {
		tb.Fatalf("load XDP program: %v", err)
	}
	tb.Cleanup(func() { prog.Close() })
	l, err := link.AttachXDP(link.XDPOptions{Program: prog, Interface: ifindex, Flags: flags})
	if err != nil {
		tb.Fatalf("attach XDP program: %v", err)
	}
	tb.Cleanup(func() { l.Close() })
}

// redirectTo attaches a program to the near end that redirects every frame to the queue's socket of queues, and passes
// it to the host where a queue has none.
func (w *wire) redirectTo(tb testing.TB, flags link.XDPAttachFlags, queues ...*Queue) {
	tb.Helper()
	redirect := w.redirect(tb, flags)
	for _, q := range queues {
		redirect(q)
	}
}

// redirect attaches the program of redirectTo with no socket yet, and returns a function that adds a queue's.
func (w *wire) redirect(tb testing.TB, flags link.XDPAttachFlags) func(*Queue) {
	tb.Helper()
	m, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.XSKMap, KeySize: 4, ValueSize: 4, MaxEntries: 16})
	if err != nil {
		tb.Fatalf("make XSKMAP: %v", err)
	}
	tb.Cleanup(func() { m.Close() })
	const xdpPass, rxQueueIndex = 2, 16 // enum xdp_action; offset in struct xdp_md
	attach(tb, w.nearIndex, flags, asm.Instructions{
		asm.LoadMem(asm.R2, asm.R1, rxQueueIndex, asm.Word),
		asm.LoadMapPtr(asm.R1, m.FD()),
		asm.Mov.Imm(asm.R3, xdpPass),
		asm.FnRedirectMap.Call(),
		asm.Return(),
	})
	return func(q *Queue) {
		tb.Helper()
		if err := m.Put(q.Info().Queue, uint32(q.RX().FD())); err != nil {
			tb.Fatalf("put socket of queue %d into XSKMAP: %v", q.Info().Queue, err)
		}
	}
}

// countAtFar attaches a native program to the far end that drops what arrives and counts the frames of etherType, and
// returns a function that reads the count.
func (w *wire) countAtFar(tb testing.TB) func() uint64 {
	tb.Helper()
	m, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.PerCPUArray, KeySize: 4, ValueSize: 8, MaxEntries: 1})
	if err != nil {
		tb.Fatalf("make counter map: %v", err)
	}
	tb.Cleanup(func() { m.Close() })
	const xdpDrop = 1
	w.atFar(tb, func() {
		attach(tb, w.farIndex, link.XDPDriverMode, asm.Instructions{
			asm.LoadMem(asm.R2, asm.R1, 0, asm.Word), // data
			asm.LoadMem(asm.R3, asm.R1, 4, asm.Word), // data_end
			asm.Mov.Reg(asm.R4, asm.R2),
			asm.Add.Imm(asm.R4, 14),
			asm.JGT.Reg(asm.R4, asm.R3, "out"),
			asm.LoadMem(asm.R3, asm.R2, 12, asm.Byte),
			asm.JNE.Imm(asm.R3, etherType>>8, "out"),
			asm.LoadMem(asm.R3, asm.R2, 13, asm.Byte),
			asm.JNE.Imm(asm.R3, etherType&0xff, "out"),
			asm.Mov.Imm(asm.R0, 0),
			asm.StoreMem(asm.RFP, -4, asm.R0, asm.Word),
			asm.Mov.Reg(asm.R2, asm.RFP),
			asm.Add.Imm(asm.R2, -4),
			asm.LoadMapPtr(asm.R1, m.FD()),
			asm.FnMapLookupElem.Call(),
			asm.JEq.Imm(asm.R0, 0, "out"),
			asm.LoadMem(asm.R1, asm.R0, 0, asm.DWord),
			asm.Add.Imm(asm.R1, 1),
			asm.StoreMem(asm.R0, 0, asm.R1, asm.DWord),
			asm.Mov.Imm(asm.R0, xdpDrop).WithSymbol("out"),
			asm.Return(),
		})
	})
	return func() (sum uint64) {
		var perCPU []uint64
		if err := m.Lookup(uint32(0), &perCPU); err != nil {
			tb.Fatalf("read counter: %v", err)
		}
		for _, n := range perCPU {
			sum += n
		}
		return sum
	}
}

// enter moves a subtest's own goroutine into the near namespace.
func (w *wire) enter(tb testing.TB) {
	tb.Helper()
	runtime.LockOSThread()
	if err := netns.Set(w.nearNS); err != nil {
		tb.Fatalf("enter near namespace: %v", err)
	}
}
