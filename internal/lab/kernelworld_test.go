package lab_test

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/cilium/ebpf/link"

	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
)

// TestKernelWorld finds every listener, on the network's edges too, and a RST beside each.
func TestKernelWorld(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	listeners := []netip.AddrPort{
		netip.MustParseAddrPort("198.18.0.0:80"),
		netip.MustParseAddrPort("198.18.0.2:80"),
		netip.MustParseAddrPort("198.18.0.3:80"),
		netip.MustParseAddrPort("198.18.255.255:80"),
		netip.MustParseAddrPort("198.19.255.255:80"),
		netip.MustParseAddrPort("0.0.0.0:443"),
	}
	k, err := l.KernelWorld(listeners)
	if err != nil {
		t.Fatal(err)
	}
	open := map[target]bool{}
	p := openTap(t, l.Scanner)
	probed := map[target]bool{}
	for _, addr := range []uint32{0xC6120000, 0xC6120002, 0xC6120003, 0xC6120004, 0xC612FFFF, 0xC6130000, 0xC613FFFF} {
		for _, port := range []uint16{79, 80, 443} {
			probed[target{addr, port}] = true
			p.send(lab.RawSYN(addr, port, seqOf(addr)))
		}
	}
	answers := map[target]lab.Outcome{}
	for frame := p.receiveIP(); frame != nil; frame = p.receiveIP() {
		lab.Decode(t, frame)
		target := targetOf(frame)
		answers[target] = outcomeOf(frame)
		if outcomeOf(frame) == lab.Open {
			open[target] = true
		}
	}
	for target := range probed {
		if got, want := answers[target], k.Truth(target.addr, target.port); got != want {
			t.Errorf("%v:%d is %v, want %v", lab.ToAddr(target.addr), target.port, got, want)
		}
	}
	if len(open) != 5+7 {
		t.Errorf("%d targets are open, want 12: %v", len(open), open)
	}
	if got := k.Truth(lab.ScannerAddr, 443); got != lab.Silent {
		t.Errorf("the scanner's own address is %v, want silent", got)
	}
}

// TestKernelWorldCounters has a stack judge right and wrong packets.
func TestKernelWorldCounters(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	k, err := l.KernelWorld([]netip.AddrPort{netip.MustParseAddrPort("198.18.1.1:80")})
	if err != nil {
		t.Fatal(err)
	}
	before, err := k.Counters()
	if err != nil {
		t.Fatal(err)
	}
	p := openTap(t, l.Scanner)
	p.send(lab.RawSYN(0xC6120101, 81, 1))
	badIP := lab.RawSYN(0xC6120101, 80, 1)
	badIP[25]++
	p.send(badIP)
	badTCP := lab.RawSYN(0xC6120101, 80, 1)
	badTCP[51]++
	p.send(badTCP)
	for p.receiveIP() != nil {
	}
	after, err := k.Counters()
	if err != nil {
		t.Fatal(err)
	}
	if got := after.InHdrErrors - before.InHdrErrors; got != 1 {
		t.Errorf("InHdrErrors grew by %d, want 1", got)
	}
	if got := after.InCsumErrors - before.InCsumErrors; got != 1 {
		t.Errorf("InCsumErrors grew by %d, want 1", got)
	}
	if got := after.OutRsts - before.OutRsts; got != 1 {
		t.Errorf("OutRsts grew by %d, want 1", got)
	}
}

// TestHalfOpen counts connections that nobody closes, from a source that does not exist.
func TestHalfOpen(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	k, err := l.KernelWorld([]netip.AddrPort{netip.MustParseAddrPort("0.0.0.0:80")})
	if err != nil {
		t.Fatal(err)
	}
	attach(t, l.Scanner, link.XDPDriverMode, dropTCP) // as a scanner does that takes answers for itself
	const n = 5000                                    // more than the machine's own limits
	p := openTap(t, l.Scanner)
	for i := range uint32(n) {
		p.send(lab.RawSYN(firstTarget+i, 80, 1))
	}
	deadline := time.Now().Add(3 * time.Second)
	var got int
	for got != n && time.Now().Before(deadline) {
		if got, err = k.HalfOpen(); err != nil {
			t.Fatal(err)
		}
	}
	if got != n {
		t.Errorf("%d half-open connections, want %d", got, n)
	}
	if c, err := k.Counters(); err != nil || c.ListenDrops != 0 {
		t.Errorf("%d SYNs dropped by listeners, %v", c.ListenDrops, err)
	}
}

// TestKernelWorldConnect makes full connections, which the listeners close.
func TestKernelWorldConnect(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	var listeners []netip.AddrPort
	for i := range 2000 {
		addr := netip.AddrFrom4([4]byte{198, 19, byte(i >> 8), byte(i)})
		listeners = append(listeners, netip.AddrPortFrom(addr, 8080))
	}
	k, err := l.KernelWorld(listeners)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(listeners); i += 100 {
		err := l.Scanner.Do(func() error {
			conn, err := net.DialTimeout("tcp4", listeners[i].String(), 2*time.Second)
			if err != nil {
				return err
			}
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(2 * time.Second))
			if n, err := conn.Read(make([]byte, 1)); n != 0 || err == nil {
				t.Errorf("read %d bytes from a listener that closes: %v", n, err)
			}
			return nil
		})
		if err != nil {
			t.Errorf("connect to %v: %v", listeners[i], err)
		}
	}
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	if err := k.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	err = l.Scanner.Do(func() error {
		conn, err := net.DialTimeout("tcp4", listeners[0].String(), 200*time.Millisecond)
		if err == nil {
			conn.Close()
		}
		return err
	})
	if err == nil {
		t.Error("a closed world answers")
	}
}

// TestKernelWorldErrors refuses listeners that cannot be, and leaves no half of a world.
func TestKernelWorldErrors(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	for _, addr := range []string{"[2001:db8::1]:80", "203.0.113.1:80"} {
		if _, err := l.KernelWorld([]netip.AddrPort{netip.MustParseAddrPort(addr)}); err == nil {
			t.Errorf("KernelWorld takes %s", addr)
		}
	}
	if _, err := l.KernelWorld(nil); err != nil {
		t.Errorf("KernelWorld after errors: %v", err)
	}
}
