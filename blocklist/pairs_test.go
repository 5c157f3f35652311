package blocklist

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// scatteredPairs returns the keys of n targets drawn evenly, the same ones every time.
func scatteredPairs(n int) []uint64 {
	random := rand.New(rand.NewPCG(3, 4))
	keys := make([]uint64, n)
	for i := range keys {
		keys[i] = random.Uint64() >> 16
	}
	return keys
}

// parsePairs makes a list of the words of text.
func parsePairs(t testing.TB, text string) *Pairs {
	t.Helper()
	var keys []uint64
	for word := range strings.FieldsSeq(text) {
		pair, err := netip.ParseAddrPort(word)
		if err != nil {
			t.Fatal(err)
		}
		addr, _ := FromAddr(pair.Addr())
		keys = append(keys, pairKey(addr, pair.Port()))
	}
	return NewPairs(keys)
}

// pairText returns the targets of p, joined by blanks.
func pairText(p *Pairs) string {
	var words []string
	for addr, port := range p.All() {
		words = append(words, fmt.Sprintf("%v:%d", ToAddr(addr), port))
	}
	return strings.Join(words, " ")
}

// pairShapes are lists whose keys lie differently: what the table of starts has to cope with.
func pairShapes() map[string][]uint64 {
	dense, far := make([]uint64, 3000), make([]uint64, 3000)
	for i := range dense {
		dense[i] = pairKey(0xc6120000, 1000) + uint64(i)
		far[i] = dense[i]
	}
	far[0] = 0 // which makes the buckets so wide that all others are in the last
	return map[string][]uint64{
		"none":              nil,
		"one":               {pairKey(5, 5)},
		"first and last":    {0, 1<<48 - 1},
		"doubles":           {7, 7, 7, 3, 3},
		"scattered":         scatteredPairs(5000),
		"every port":        dense,
		"crowd and outlier": far,
		"two buckets":       scatteredPairs(32),
	}
}

func TestPairs(t *testing.T) {
	for name, keys := range pairShapes() {
		t.Run(name, func(t *testing.T) {
			want := slices.Compact(slices.Sorted(slices.Values(keys)))
			p := NewPairs(slices.Clone(keys))
			if p.Len() != uint64(len(want)) {
				t.Fatalf("Len() = %d, want %d", p.Len(), len(want))
			}
			in := make(map[uint64]bool)
			for i, key := range want {
				if addr, port := p.At(uint64(i)); pairKey(addr, port) != key {
					t.Fatalf("At(%d) = %v:%d, want key %#x", i, ToAddr(addr), port, key)
				}
				in[key] = true
			}
			for _, key := range append(want, 0, 1<<48-1) {
				for _, near := range []uint64{key - 1, key, key + 1, key ^ 1<<47} {
					near &= 1<<48 - 1
					if got := p.Contains(uint32(near>>portBits), uint16(near)); got != in[near] {
						t.Fatalf("Contains of key %#x = %v, want %v", near, got, in[near])
					}
				}
			}
			var all []uint64
			for addr, port := range p.All() {
				all = append(all, pairKey(addr, port))
			}
			if !slices.Equal(all, want) {
				t.Errorf("All yields %d targets, want the %d of At", len(all), len(want))
			}
		})
	}
}

func TestPairsAddrsAndPorts(t *testing.T) {
	tests := []struct{ name, pairs, addrs, ports string }{
		{"none", "", "", "[]"},
		{"one", "198.18.0.1:80", "198.18.0.1", "[80]"},
		{"ports of one address", "198.18.0.1:80 198.18.0.1:81", "198.18.0.1", "[80 81]"},
		{"neighbours", "198.18.0.1:80 198.18.0.0:443", "198.18.0.0/31", "[80 443]"},
		{"all ends", "0.0.0.0:65535 255.255.255.255:0", "0.0.0.0 255.255.255.255", "[0 65535]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := parsePairs(t, tt.pairs)
			if got := text(p.Addrs()); got != tt.addrs {
				t.Errorf("Addrs() = %s, want %s", got, tt.addrs)
			}
			if got := fmt.Sprint(p.Ports()); got != tt.ports {
				t.Errorf("Ports() = %s, want %s", got, tt.ports)
			}
		})
	}
}

func TestPairsMinus(t *testing.T) {
	const pairs = "0.0.0.0:0 198.18.0.1:1 198.18.0.1:65535 198.18.0.2:80 255.255.255.255:65535"
	tests := []struct{ name, set, want string }{
		{"nothing", "", pairs},
		{"others", "198.18.0.0 198.18.0.3-255.255.255.254", pairs},
		{"all ports of an address", "198.18.0.1", "0.0.0.0:0 198.18.0.2:80 255.255.255.255:65535"},
		{"both ends", "0.0.0.0 255.255.255.255", "198.18.0.1:1 198.18.0.1:65535 198.18.0.2:80"},
		{"the middle", "198.18.0.0/15", "0.0.0.0:0 255.255.255.255:65535"},
		{"everything", "0.0.0.0/0", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := parsePairs(t, pairs)
			rest := p.Minus(parseSet(t, tt.set))
			if got := pairText(rest); got != tt.want {
				t.Errorf("Minus(%s) = %s, want %s", tt.set, got, tt.want)
			}
			if p.Len() != 5 {
				t.Errorf("Minus(%s) changed the list: %d targets, want 5", tt.set, p.Len())
			}
		})
	}
}

// TestPairsMinusAgainstContains compares Minus, Addrs and Contains of lists and sets with many elements.
func TestPairsMinusAgainstContains(t *testing.T) {
	p, s := NewPairs(scatteredPairs(20_000)), New(scattered(20_000)...).Union(parseSet(t, "64.0.0.0/3 128.0.0.0/5"))
	addrs := p.Addrs()
	var want []uint64
	for addr, port := range p.All() {
		if !p.Contains(addr, port) || !addrs.Contains(addr) {
			t.Fatalf("%v:%d is not in its own list", ToAddr(addr), port)
		}
		if !s.Contains(addr) {
			want = append(want, pairKey(addr, port))
		}
	}
	rest := p.Minus(s)
	if !slices.Equal(rest.keys, want) {
		t.Errorf("Minus leaves %d of %d targets, want the %d of a walk", rest.Len(), p.Len(), len(want))
	}
	for addr, port := range p.All() {
		if rest.Contains(addr, port) == s.Contains(addr) {
			t.Fatalf("%v:%d: in the rest %v, in the set %v", ToAddr(addr), port, rest.Contains(addr, port), s.Contains(addr))
		}
	}
}

func TestPairsAtPanicsBeyondTheLastTarget(t *testing.T) {
	for _, p := range []*Pairs{{}, NewPairs(nil), NewPairs([]uint64{1, 2})} {
		for _, i := range []uint64{p.Len(), p.Len() + 1, math.MaxUint64} {
			mustPanic(t, fmt.Sprintf("At(%d) of %d targets", i, p.Len()), func() { p.At(i) })
			mustPanic(t, fmt.Sprintf("AtBatch(%d) of %d targets", i, p.Len()), func() {
				p.AtBatch(make([]uint64, 1), []uint64{i})
			})
		}
	}
}

func TestNewPairsPanicsForKeysThatAreNone(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("NewPairs of a key with 49 bits did not panic")
		}
	}()
	NewPairs([]uint64{1, 1 << 48})
}

func mustPanic(t *testing.T, what string, do func()) {
	t.Helper()
	defer func() {
		if _, ok := recover().(runtime.Error); !ok {
			t.Errorf("%s did not panic", what)
		}
	}()
	do()
}

func TestPairsAtBatchIsAtForEach(t *testing.T) {
	p := NewPairs(scatteredPairs(10_000))
	indexes := []uint64{0, 9_999, 5_000, 5_000, 1}
	keys := make([]uint64, 6)
	p.Prefetch(indexes) // which changes nothing
	p.AtBatch(keys, indexes)
	for j, i := range indexes {
		if addr, port := p.At(i); keys[j] != pairKey(addr, port) {
			t.Errorf("AtBatch: index %d gives %#x, want %v:%d", i, keys[j], ToAddr(addr), port)
		}
	}
	if keys[5] != 0 {
		t.Error("AtBatch wrote beyond the indexes")
	}
	if p.AtBatch(indexes, indexes); !slices.Equal(indexes, keys[:5]) {
		t.Errorf("AtBatch in place gives %x, want %x", indexes, keys[:5])
	}
}

func TestPairsLookupDoesNotAllocate(t *testing.T) {
	p := NewPairs(scatteredPairs(10_000))
	keys, indexes := make([]uint64, 16), make([]uint64, 16)
	if n := testing.AllocsPerRun(100, func() {
		p.Prefetch(indexes)
		p.AtBatch(keys, indexes)
		p.Contains(uint32(keys[3]>>portBits), uint16(keys[3]))
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

// TestPairTableIsSmall holds the size of the table against that of the list, and that few keys share a bucket.
func TestPairTableIsSmall(t *testing.T) {
	for _, n := range []int{1, 15, 16, 17, 1000, 1 << 16, 100_000, 131_071, 131_072} {
		p := NewPairs(scatteredPairs(n))
		starts := len(p.table.starts)
		if 4*starts > 8*n/16+8 || cap(p.table.starts) > starts+1 {
			t.Errorf("%d targets: table of %d starts, capacity %d, want at most one for 8 targets", n, starts, cap(p.table.starts))
		}
		if perBucket := n / (starts - 1); perBucket > 2*keysPerBucket {
			t.Errorf("%d targets: %d a bucket, want at most %d", n, perBucket, 2*keysPerBucket)
		}
	}
}
