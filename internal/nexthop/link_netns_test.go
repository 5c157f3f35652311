package nexthop

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
)

// TestResolveLinkBlock asks a /28 in which the far end has some of the addresses, and one is known for certain.
func TestResolveLinkBlock(t *testing.T) {
	w := newWires(t)
	w.join(t, "scan0", "peer0")
	addAddr(t, w.near, "scan0", "198.18.0.1/28")
	alive := map[uint32][6]byte{base + 6: [6]byte(gatewayMAC)}
	for _, i := range []uint32{2, 3, 9, 14} {
		addAddr(t, w.far, "peer0", fmt.Sprintf("198.18.0.%d/28", i))
		alive[base+i] = macAt(t, w.far, "peer0")
	}
	index := link(t, w.near, "scan0").Attrs().Index
	must(t, w.near.NeighSet(&netlink.Neigh{
		LinkIndex: index, IP: net.IPv4(198, 18, 0, 6), State: netlink.NUD_PERMANENT, HardwareAddr: gatewayMAC,
	}))
	tap := w.tap(t, "peer0")

	p := findFor(t, Request{}, "198.18.0.0", "198.18.0.1", "198.18.0.2")
	if !p.OnLink || p.HasGateway {
		t.Fatalf("path = %+v, want on the link", p)
	}
	table, err := ResolveLink(t.Context(), p, block(16), LinkOptions{Wait: 100 * time.Millisecond})
	if err != nil {
		t.Fatalf("ResolveLink: %v", err)
	}
	for _, addr := range block(16) {
		mac, ok := table.Lookup(addr)
		if want, lives := alive[addr]; ok != lives || mac != want {
			t.Errorf("Lookup(%v) = %x, %v, want %x, %v", addrOf(addr), mac, ok, want, lives)
		}
	}
	if table.Len() != len(alive) {
		t.Errorf("Len = %d, want %d", table.Len(), len(alive))
	}

	asked := map[uint32]int{}
	for _, f := range heard(t, tap) {
		if from := binary.BigEndian.Uint32(f[senderIPAt:]); from != base+1 || f[operationAt+1] != 1 {
			t.Errorf("frame %x is not a question from 198.18.0.1", f)
		}
		asked[binary.BigEndian.Uint32(f[targetIPAt:])]++
	}
	for addr, want := range map[uint32]int{base + 1: 0, base + 2: 1, base + 6: 0, base + 8: 2} {
		if asked[addr] != want { // itself, alive, known, silent
			t.Errorf("%v was asked about %d times, want %d", addrOf(addr), asked[addr], want)
		}
	}
	neighs, err := w.near.NeighList(index, netlink.FAMILY_V4)
	must(t, err)
	if len(neighs) != 1 {
		t.Errorf("the kernel's table holds %d entries, want the one that was there", len(neighs))
	}
}

// TestResolveLinkWide asks a /20, four times what the kernel's own table would hold. The far end is every address
// of the upper half.
func TestResolveLinkWide(t *testing.T) {
	w := newWires(t)
	w.join(t, "scan0", "peer0")
	addAddr(t, w.near, "scan0", "198.18.0.1/16")
	addAddr(t, w.far, "peer0", "198.18.0.2/16")
	lo := link(t, w.far, "lo")
	must(t, w.far.LinkSetUp(lo))
	r := local("198.18.8.0/21")
	r.LinkIndex, r.Table, r.Scope = lo.Attrs().Index, 255, netlink.SCOPE_HOST
	must(t, w.far.RouteAdd(&r))

	p := findFor(t, Request{}, "198.18.3.3")
	var reports int
	start := time.Now()
	table, err := ResolveLink(t.Context(), p, block(4096), LinkOptions{
		RatePPS: 8000, Wait: 200 * time.Millisecond, Progress: func(_, _, _ int) { reports++ },
	})
	if err != nil {
		t.Fatalf("ResolveLink: %v", err)
	}
	t.Logf("4096 addresses, then 2047 again, at 8000 a second: %v", time.Since(start).Round(time.Millisecond))
	for _, addr := range block(4096) {
		_, ok := table.Lookup(addr)
		if want := addr == base+2 || addr >= base+2048; ok != want {
			t.Fatalf("Lookup(%v) = %v, want %v", addrOf(addr), ok, want)
		}
	}
	if table.Len() != 2049 || reports == 0 {
		t.Errorf("Len = %d, %d reports; want 2049, some", table.Len(), reports)
	}
}

// TestResolveLinkForeignSource: a source that the interface does not have must not be claimed in a question.
func TestResolveLinkForeignSource(t *testing.T) {
	w := newWires(t)
	w.join(t, "scan0", "peer0")
	addRoute(t, w.near, "scan0", "198.18.0.0/28", "")
	addAddr(t, w.far, "peer0", "198.18.0.2/28")
	tap := w.tap(t, "peer0")

	p := findFor(t, Request{Source: []uint32{base + 9}}, "198.18.0.2")
	table, err := ResolveLink(t.Context(), p, []uint32{base + 2}, LinkOptions{})
	if err != nil {
		t.Fatalf("ResolveLink: %v", err)
	}
	if mac, ok := table.Lookup(base + 2); !ok || mac != macAt(t, w.far, "peer0") {
		t.Errorf("Lookup = %x, %v", mac, ok)
	}
	for _, f := range heard(t, tap) {
		if from := binary.BigEndian.Uint32(f[senderIPAt:]); from != 0 {
			t.Errorf("asked from %v, want a probe from 0.0.0.0", addrOf(from))
		}
	}
}

func TestResolveLinkDown(t *testing.T) {
	w := ordinary(t)
	p := findFor(t, Request{}, "198.18.0.9")
	must(t, w.near.LinkSetDown(link(t, w.near, "scan0")))
	_, err := ResolveLink(t.Context(), p, block(16), LinkOptions{})
	if want := `interface "scan0": down`; !errors.Is(err, ErrDown) || err.Error() != want {
		t.Errorf("ResolveLink:\n got %v\nwant %s", err, want)
	}
	must(t, w.near.LinkDel(link(t, w.near, "scan0")))
	_, err = ResolveLink(t.Context(), p, block(16), LinkOptions{})
	if want := `interface "scan0": no such interface`; !errors.Is(err, ErrNoInterface) || err.Error() != want {
		t.Errorf("ResolveLink:\n got %v\nwant %s", err, want)
	}
}
