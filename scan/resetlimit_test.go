package scan

import (
	"testing"
	"time"

	"github.com/xsweep/xsweep/packet"
)

// reset asks l about a SYN-ACK, and sends the RST where it may.
func reset(l *resetLimit, conn packet.Probe, now time.Duration) bool {
	place, ok := l.allows(&conn, now)
	if ok {
		l.sent(place)
	}
	return ok
}

func conn(addr uint32, port, ours uint16) packet.Probe {
	return packet.Probe{Src: 0xc6120001, Dst: addr, SrcPort: ours, DstPort: port}
}

// TestResetLimitFirsts resets every flow of one address once, as fast as they come.
func TestResetLimitFirsts(t *testing.T) {
	l := newResetLimit()
	for port := range uint16(65535) {
		if !reset(l, conn(1, port, 40000), 0) {
			t.Fatalf("port %d is not reset", port)
		}
	}
	if !reset(l, conn(1, 80, 40001), 0) {
		t.Error("the second probe of a target, from another port of ours, is not reset")
	}
	other := conn(1, 80, 40000)
	other.Src++
	if !reset(l, other, 0) {
		t.Error("the flow of another of our addresses is not reset")
	}
}

// TestResetLimitRetransmissions resets a host that did not get any RST each time: after 1, 3, 7, 15 and 31 seconds, with
// one port and with four.
func TestResetLimitRetransmissions(t *testing.T) {
	for _, ports := range []uint16{1, resetBurst} {
		l := newResetLimit()
		for _, seconds := range []int{0, 1, 3, 7, 15, 31} {
			for port := range ports {
				wait := time.Duration(seconds) * time.Second
				if seconds > 0 && ports > 1 && seconds < 7 {
					continue // four at once want four seconds
				}
				if !reset(l, conn(9, port, 40000), wait) {
					t.Errorf("port %d of %d is not reset after %v", port, ports, wait)
				}
			}
		}
	}
}

// TestResetLimitBound repeats SYN-ACKs of one address, from one flow and from a thousand, ten thousand times a second: beyond
// one for each flow, resetBurst go at once and one a second.
func TestResetLimitBound(t *testing.T) {
	for _, flows := range []int{1, 1000} {
		l := newResetLimit()
		const seconds = 20
		resets := 0
		for i := range seconds * 10_000 {
			if reset(l, conn(7, uint16(i%flows), 40000), time.Duration(i)*100*time.Microsecond) {
				resets++
			}
		}
		// The last second has not passed when the last one comes.
		if want := flows + resetBurst + seconds - 1; resets != want {
			t.Errorf("%d flows: %d RSTs in %d seconds, want %d", flows, resets, seconds, want)
		}
	}
}

// TestResetLimitLost does not take a flow for answered whose RST was not sent.
func TestResetLimitLost(t *testing.T) {
	l := newResetLimit()
	for range 100 {
		c := conn(7, 80, 40000)
		if _, ok := l.allows(&c, 0); !ok {
			t.Fatal("a flow that was never answered is withheld")
		}
	}
}

// TestResetLimitManyAddresses repeats the SYN-ACKs of far more addresses than there are quotas for, as fast as they come:
// each gets its first RST and none more than its burst, and as many get one for a repetition as there is room to remember.
func TestResetLimitManyAddresses(t *testing.T) {
	l := newResetLimit()
	const addrs = resetFlows / 8
	got := make([]int, addrs)
	for round := range 10 {
		for addr := range got {
			if reset(l, conn(uint32(addr), 80, 40000), time.Duration(round)*time.Millisecond) {
				got[addr]++
			}
		}
	}
	again := 0
	for addr, n := range got {
		if n < 1 || n > 1+resetBurst {
			t.Fatalf("address %d got %d RSTs", addr, n)
		}
		if n > 1 {
			again++
		}
	}
	if again < resetQuotas*9/10 || again > resetQuotas {
		t.Errorf("%d addresses got RSTs for repetitions, and there are %d quotas", again, resetQuotas)
	}
}

// TestResetLimitForgets keeps the latest flows, whatever came before.
func TestResetLimitForgets(t *testing.T) {
	l := newResetLimit()
	for addr := range uint32(4 * resetFlows) {
		reset(l, conn(addr, 80, 40000), 0)
	}
	known := 0
	const latest = 1000
	for addr := uint32(4*resetFlows - latest); addr < 4*resetFlows; addr++ {
		c := conn(addr, 80, 40000)
		if l.place(&c).slot == nil {
			known++
		}
	}
	if known < latest*9/10 {
		t.Errorf("%d of the latest %d flows are remembered", known, latest)
	}
}

func TestResetLimitAllocs(t *testing.T) {
	l := newResetLimit()
	addr := uint32(0)
	allocs := testing.AllocsPerRun(10_000, func() {
		addr++
		reset(l, conn(addr/2, 80, 40000), time.Duration(addr))
	})
	if allocs != 0 {
		t.Errorf("an answer allocates %v times, want 0", allocs)
	}
}

func BenchmarkResetLimit(b *testing.B) {
	l := newResetLimit()
	addr := uint32(0)
	for b.Loop() {
		addr++
		reset(l, conn(addr, 80, 40000), time.Duration(addr))
	}
}
