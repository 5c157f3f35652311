package nexthop

import (
	"errors"
	"net"
	"os"
	"runtime"
	"testing"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// wires are two unnamed network namespaces: near, in which the test runs, and far, the rest of the world. Veth pairs
// join them (scan0 near, peer0 far, …); neither has another way out. Both vanish with the test.
type wires struct {
	near, far     *netlink.Handle
	nearNS, farNS netns.NsHandle
}

// newWires moves the test into a new namespace. The thread is never unlocked, so that it ends with the test and no
// other goroutine gets to see the namespace.
func newWires(t *testing.T) *wires {
	t.Helper()
	requirePrivilege(t)
	runtime.LockOSThread()
	w := &wires{}
	w.farNS, w.far = newNamespace(t)
	w.nearNS, w.near = newNamespace(t)
	return w
}

func requirePrivilege(t *testing.T) {
	t.Helper()
	if os.Geteuid() == 0 {
		return
	}
	if os.Getenv("XSWEEP_REQUIRE_NETNS") == "1" {
		t.Fatal("network namespaces need root (CAP_SYS_ADMIN), and XSWEEP_REQUIRE_NETNS is set")
	}
	t.Skip("network namespaces need root (CAP_SYS_ADMIN)")
}

func newNamespace(t *testing.T) (netns.NsHandle, *netlink.Handle) {
	t.Helper()
	ns, err := netns.New()
	if errors.Is(err, unix.EPERM) && os.Getenv("XSWEEP_REQUIRE_NETNS") != "1" {
		t.Skip("network namespaces need CAP_SYS_ADMIN")
	}
	if err != nil {
		t.Fatalf("make a network namespace: %v", err)
	}
	h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		t.Fatalf("open netlink socket: %v", err)
	}
	t.Cleanup(func() {
		h.Close()
		ns.Close()
	})
	must(t, h.LinkSetUp(link(t, h, "lo"))) // as on every host: without 127.0.0.1 the kernel has no table "local"
	return ns, h
}

// join adds a veth pair, both ends up. The pair is made in near, and one end moved to far.
func (w *wires) join(t *testing.T, near, far string) {
	t.Helper()
	pair := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: near}, PeerName: far}
	must(t, w.near.LinkAdd(pair))
	must(t, w.near.LinkSetNsFd(link(t, w.near, far), int(w.farNS)))
	must(t, w.far.LinkSetUp(link(t, w.far, far)))
	must(t, w.near.LinkSetUp(link(t, w.near, near)))
}

// ordinary returns wires of an ordinary host: scan0 with 198.18.0.1/24, its default gateway 198.18.0.2 at the far end.
func ordinary(t *testing.T) *wires {
	t.Helper()
	w := newWires(t)
	w.join(t, "scan0", "peer0")
	addAddr(t, w.near, "scan0", "198.18.0.1/24")
	addAddr(t, w.far, "peer0", "198.18.0.2/24")
	addRoute(t, w.near, "scan0", "default", "198.18.0.2")
	return w
}

// inFar runs f with the thread in the far namespace.
func (w *wires) inFar(t *testing.T, f func()) {
	t.Helper()
	must(t, netns.Set(w.farNS))
	defer func() {
		if err := netns.Set(w.nearNS); err != nil {
			panic(err) // the rest of the test must not run there
		}
	}()
	f()
}

// tap opens a socket that sees the ARP packets which arrive at an interface of far.
func (w *wires) tap(t *testing.T, far string) *arpSocket {
	t.Helper()
	var s *arpSocket
	w.inFar(t, func() {
		var err error
		s, err = openARPSocket(link(t, w.far, far).Attrs().Index)
		must(t, err)
		must(t, unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 8<<20))
	})
	t.Cleanup(s.close)
	return s
}

// heard returns the frames that s has taken in.
func heard(t *testing.T, s *arpSocket) (frames [][]byte) {
	t.Helper()
	for {
		buf := make([]byte, 128)
		n, err := s.receive(buf)
		must(t, err)
		if n == 0 {
			return frames
		}
		frames = append(frames, buf[:n])
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, h *netlink.Handle, name string) netlink.Link {
	t.Helper()
	l, err := h.LinkByName(name)
	must(t, err)
	return l
}

func macAt(t *testing.T, h *netlink.Handle, name string) [6]byte {
	t.Helper()
	return [6]byte(link(t, h, name).Attrs().HardwareAddr)
}

func addAddr(t *testing.T, h *netlink.Handle, name, cidr string) {
	t.Helper()
	a, err := netlink.ParseAddr(cidr)
	must(t, err)
	must(t, h.AddrAdd(link(t, h, name), a))
}

// addRoute adds a route to the table main: "default" or a prefix, through a gateway unless that is "".
func addRoute(t *testing.T, h *netlink.Handle, name, dst, gw string) {
	t.Helper()
	r := unicast(link(t, h, name).Attrs().Index, dst, gw)
	if gw == "" {
		r.Scope = netlink.SCOPE_LINK
	}
	if dst == "default" {
		r.Dst = &net.IPNet{IP: net.IPv4zero.To4(), Mask: net.CIDRMask(0, 32)}
	}
	must(t, h.RouteAdd(&r))
}
