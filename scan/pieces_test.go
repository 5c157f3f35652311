package scan

import (
	"math/rand/v2"
	"testing"

	"github.com/xsweep/xsweep/blocklist"
	"github.com/xsweep/xsweep/packet"
)

// set parses addresses, prefixes and ranges.
func set(t testing.TB, entries ...string) *blocklist.Set {
	t.Helper()
	var ranges []blocklist.Range
	for _, e := range entries {
		r, err := blocklist.Parse(e)
		if err != nil {
			t.Fatal(err)
		}
		ranges = append(ranges, r)
	}
	return blocklist.New(ranges...)
}

type target struct {
	addr uint32
	port uint16
}

func TestSpaceIsEveryPair(t *testing.T) {
	addrs := set(t, "198.18.0.1", "198.18.0.8/29", "198.19.255.255")
	ports := []uint16{443, 80, 443, 0, 65535, 80}
	s, err := NewSpace(addrs, ports)
	if err != nil {
		t.Fatal(err)
	}
	if s.Len() != 10*4 {
		t.Fatalf("Len = %d, want 40: ports listed twice count once", s.Len())
	}
	seen := make(map[target]bool)
	for i := range s.Len() {
		addr, port := s.At(i)
		if seen[target{addr, port}] || !s.Contains(addr, port) {
			t.Errorf("At(%d) = %v:%d is there twice or not contained", i, blocklist.ToAddr(addr), port)
		}
		seen[target{addr, port}] = true
	}
	for _, out := range []target{{0xc6120001, 81}, {0xc6120002, 80}} {
		if s.Contains(out.addr, out.port) {
			t.Errorf("Contains(%v) = true", out)
		}
	}
}

// TestSpaceDividesExactly compares the multiplication by a reciprocal with division where it is tightest: multiples of
// the number of ports and their neighbours, up to the largest index there can be.
func TestSpaceDividesExactly(t *testing.T) {
	all := blocklist.All()
	for _, n := range []int{1, 2, 3, 5, 7, 255, 256, 1000, 32767, 32769, 65535, 65536} {
		ports := make([]uint16, n)
		for i := range ports {
			ports[i] = uint16(i)
		}
		s, err := NewSpace(all, ports)
		if err != nil {
			t.Fatal(err)
		}
		for range 20000 {
			multiple := rand.Uint64N(1<<32) * uint64(n)
			for _, i := range []uint64{multiple, multiple + uint64(n) - 1, s.Len() - 1 - rand.Uint64N(uint64(n))} {
				addr, port := s.At(i)
				if uint64(addr) != i/uint64(n) || uint64(port) != i%uint64(n) {
					t.Fatalf("%d ports: At(%d) = %d, %d", n, i, addr, port)
				}
			}
		}
	}
}

func TestSpaceWithoutPorts(t *testing.T) {
	if _, err := NewSpace(blocklist.All(), nil); err == nil {
		t.Error("NewSpace without ports succeeds")
	}
}

// TestResetQueue passes connections from one goroutine to another, in order and without loss, many times round.
func TestResetQueue(t *testing.T) {
	q := new(resetQueue)
	const total = 20 * resetSlots
	go func() {
		for i := uint32(0); i < total; {
			if q.push(packet.Probe{Seq: i}) {
				i++
			}
		}
	}()
	batch := make([]packet.Probe, 100)
	for next := uint32(0); next < total; {
		n := q.peek(batch)
		for i := range n {
			if batch[i].Seq != next+uint32(i) {
				t.Fatalf("got %d, want %d", batch[i].Seq, next+uint32(i))
			}
		}
		taken := n - n/3 // peeking does not take
		q.pop(taken)
		next += uint32(taken)
	}
}

func TestResetQueueFull(t *testing.T) {
	q := new(resetQueue)
	for i := range resetSlots {
		if !q.push(packet.Probe{}) {
			t.Fatalf("full after %d", i)
		}
	}
	if q.push(packet.Probe{}) {
		t.Error("push into a full queue succeeds")
	}
	q.pop(1)
	if !q.push(packet.Probe{}) {
		t.Error("no room after a pop")
	}
}

func TestRingSize(t *testing.T) {
	tests := []struct {
		name   string
		queues int
		rate   float64
		want   uint32
	}{
		{"no limit", 1, 0, 16384},
		{"more than there is room for", 1, 1e7, 16384},
		{"the default rate", 2, 10_000, 4096},
		{"hardly any", 1, 1, 2048},
		{"between", 1, 32_768, 8192},
		{"just above", 1, 32_769, 16384},
		{"many queues", 8, 0, 4096},
		{"many queues at a low rate", 8, 10_000, 4096},
		{"more queues than memory", 64, 0, 1024},
	}
	for _, tt := range tests {
		if got := ringSize(tt.queues, tt.rate); got != tt.want {
			t.Errorf("%s: ringSize(%d, %v) = %d, want %d", tt.name, tt.queues, tt.rate, got, tt.want)
		}
	}
}
