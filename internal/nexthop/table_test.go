package nexthop

import (
	"encoding/binary"
	"fmt"
	"math"
	"testing"
)

func macOf(addr uint32) [6]byte {
	return [6]byte(binary.BigEndian.AppendUint32([]byte{2, 0}, addr))
}

// filled returns a table of n addresses from first, step apart, every second of which has answered.
func filled(n int, first, step uint32) *Table {
	t := newTable(n)
	for i := range uint32(n) {
		addr := first + i*step
		t.want(addr)
		if i%2 == 0 {
			t.learn(addr, macOf(addr), answered)
		}
	}
	return t
}

func TestTable(t *testing.T) {
	tests := []struct {
		name        string
		n           int
		first, step uint32
	}{
		{"empty", 0, 0, 1},
		{"one", 1, 0xc6120001, 1},
		{"a power of two", 256, 0xc6120000, 1},
		{"the largest", MaxLinkTargets, 0xc6120000, 1},
		{"one in each /24", 512, 0xc6120001, 256},
		{"one in each /16, across the end of the numbers", 1 << 15, 0xf0000000, 1 << 16},
		{"0.0.0.0 among them", 4, 0, 1},
		{"255.255.255.255 among them", 4, math.MaxUint32 - 3, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			table := filled(tt.n, tt.first, tt.step)
			for i := range uint32(tt.n) {
				addr := tt.first + i*tt.step
				mac, ok := table.Lookup(addr)
				if want := i%2 == 0; ok != want || ok && mac != macOf(addr) {
					t.Fatalf("Lookup(%v) = %x, %v, want ok %v", addrOf(addr), mac, ok, want)
				}
			}
			for _, addr := range []uint32{tt.first - 1, tt.first + uint32(tt.n)*tt.step, 0x0a000001} {
				if mac, ok := table.Lookup(addr); ok {
					t.Errorf("Lookup(%v), which was not asked for = %x", addrOf(addr), mac)
				}
			}
			if want := (tt.n + 1) / 2; table.Len() != want {
				t.Errorf("Len = %d, want %d", table.Len(), want)
			}
			n := 0
			for addr, mac := range table.All() {
				if n++; mac != macOf(addr) {
					t.Errorf("All yields %v at %x", addrOf(addr), mac)
				}
			}
			if n != table.Len() {
				t.Errorf("All yields %d, Len is %d", n, table.Len())
			}
		})
	}
}

func TestZeroTable(t *testing.T) {
	var zero Table
	if _, ok := zero.Lookup(1); ok || zero.Len() != 0 {
		t.Error("the zero Table knows somebody")
	}
}

func TestTableLearn(t *testing.T) {
	const host = 0xc6120009
	a, b := macOf(1), macOf(2)
	table := newTable(1)
	if table.learn(host, a, answered) {
		t.Error("an answer that nobody asked for was taken")
	}
	table.want(host)
	if !table.learn(host, a, recalled) || table.settled(host) {
		t.Error("a recalled entry is not taken, or ends the question")
	}
	if !table.learn(host, b, answered) || !table.settled(host) {
		t.Error("an answer does not replace what was recalled")
	}
	if table.learn(host, a, answered) || table.learn(host, a, recalled) {
		t.Error("a second answer was taken")
	}
	if mac, ok := table.Lookup(host); !ok || mac != b || table.Len() != 1 {
		t.Errorf("Lookup = %x, %v, Len %d, want %x, one", mac, ok, table.Len(), b)
	}
}

// FuzzTable compares the table with a map.
func FuzzTable(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 255, 255, 255, 255, 198, 18, 0, 1, 198, 18, 0, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		var addrs []uint32
		for ; len(data) >= 4; data = data[4:] {
			addrs = append(addrs, binary.BigEndian.Uint32(data))
		}
		table, truth := newTable(len(addrs)), map[uint32]bool{}
		for _, addr := range addrs {
			if fresh, seen := table.want(addr), truth[addr]; fresh == seen {
				t.Fatalf("want(%x) = %v, seen before %v", addr, fresh, seen)
			}
			truth[addr] = true
			table.learn(addr, macOf(addr), answered)
		}
		for addr := range truth {
			if mac, ok := table.Lookup(addr); !ok || mac != macOf(addr) {
				t.Errorf("Lookup(%x) = %x, %v", addr, mac, ok)
			}
			if _, ok := table.Lookup(addr + 1); ok != truth[addr+1] {
				t.Errorf("Lookup(%x) = %v, want %v", addr+1, ok, truth[addr+1])
			}
		}
		if table.Len() != len(truth) {
			t.Errorf("Len = %d, want %d", table.Len(), len(truth))
		}
	})
}

func TestTableLookupAllocs(t *testing.T) {
	table := filled(4096, 0xc6120000, 1)
	addr := uint32(0xc6120000)
	if n := testing.AllocsPerRun(1000, func() { table.Lookup(addr); addr++ }); n != 0 {
		t.Errorf("Lookup allocates %v times, want 0", n)
	}
}

func BenchmarkTableLookup(b *testing.B) {
	for _, n := range []int{256, 4096, MaxLinkTargets} {
		b.Run(fmt.Sprintf("hosts=%d", n), func(b *testing.B) {
			table := filled(n, 0xc6120000, 1)
			var i uint32
			for b.Loop() {
				table.Lookup(0xc6120000 + i*40503%uint32(n)) // a scan's order is not the link's
				i++
			}
		})
	}
}
