package scan

import (
	"math/rand/v2"
	"testing"

	"github.com/xsweep/xsweep/blocklist"
	"github.com/xsweep/xsweep/packet"
)

// generatorSpaces are the target spaces whose cost per probe docs/performance.md promises.
func generatorSpaces() []struct {
	name string
	cfg  func(testing.TB) Config
} {
	internet := blocklist.All().Minus(blocklist.SpecialSet())
	addresses := func(addrs func() *blocklist.Set, ports int) func(testing.TB) Config {
		return func(t testing.TB) Config {
			list := make([]uint16, ports)
			for i := range list {
				list[i] = uint16(i)
			}
			return dry(t, addrs(), list...)
		}
	}
	return []struct {
		name string
		cfg  func(testing.TB) Config
	}{
		{"internet/ports=1", addresses(func() *blocklist.Set { return internet }, 1)},
		{"internet/ports=3", addresses(func() *blocklist.Set { return internet }, 3)},
		{"internet/ports=65536", addresses(func() *blocklist.Set { return internet }, 1<<16)},
		{"2M-holes/ports=1", addresses(func() *blocklist.Set { return internet.Minus(scattered(2_000_000)) }, 1)},
		{"2M-addresses/ports=1", addresses(func() *blocklist.Set { return scattered(2_000_000) }, 1)},
		{"10M-pairs", func(t testing.TB) Config { return dryList(t, 10_000_000) }},
	}
}

// scattered is n random addresses, or a few less where some are equal.
func scattered(n int) *blocklist.Set {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	ranges := make([]blocklist.Range, n)
	for i := range ranges {
		a := r.Uint32()
		ranges[i] = blocklist.Range{First: a, Last: a}
	}
	return blocklist.New(ranges...)
}

// dryList is a dry run of n random pairs, or a few less.
func dryList(t testing.TB, n int) Config {
	r := rand.New(rand.NewPCG(2, uint64(n)))
	keys := make([]uint64, n)
	for i := range keys {
		keys[i] = r.Uint64() >> 16
	}
	cfg := dry(t, nil)
	cfg.List = blocklist.NewPairs(keys)
	return cfg
}

// BenchmarkGenerator is the whole work per probe but for sending it: permutation, target, cookie, frame, checksums.
func BenchmarkGenerator(b *testing.B) {
	for _, bm := range generatorSpaces() {
		b.Run("targets="+bm.name, func(b *testing.B) {
			s, err := prepare(bm.cfg(b))
			if err != nil {
				b.Fatal(err)
			}
			g := s.generator(s.work(1))
			batch := make([]packet.Probe, batchSize)
			frames, at := make([]byte, batchSize*txSlot), make([]uint64, batchSize)
			for k := range at {
				at[k] = uint64(k * txSlot)
			}
			b.ReportAllocs()
			for b.Loop() {
				n, _ := g.fill(batch, 0)
				if n == 0 { // once every few seconds in the small ones
					g = s.generator(s.work(1))
				}
				s.syn.PatchAll(frames, at, batch[:n])
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/batchSize, "ns/probe")
		})
	}
}

func TestGeneratorAllocs(t *testing.T) {
	cfg := dry(t, blocklist.All(), 80, 443)
	cfg.MaxTargets = 1 << 40
	s, err := prepare(cfg)
	if err != nil {
		t.Fatal(err)
	}
	g := s.generator(s.work(1))
	batch := make([]packet.Probe, batchSize)
	if n := testing.AllocsPerRun(1000, func() { g.fill(batch, 0); g.allLeft(0) }); n != 0 {
		t.Errorf("a batch allocates %v times, want 0", n)
	}
}
