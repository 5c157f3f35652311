package packet

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

// ring lays n slots end to end, filled with garbage, and shuffles their order.
func ring(rng *rand.Rand, n int) (mem []byte, at []uint64) {
	mem, at = make([]byte, n*slotLen), make([]uint64, n)
	for i := range mem {
		mem[i] = byte(rng.Uint32())
	}
	for i, slot := range rng.Perm(n) {
		at[i] = uint64(slot * slotLen)
	}
	return mem, at
}

// TestPatchAllIsPut writes batches of every length into slots that hold garbage, frames of the template, or frames of
// another one, and expects what Put writes, and nothing beyond.
func TestPatchAllIsPut(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for _, f := range allTemplates(t) {
		other := newTemplate(t, f.tmpl.offset>>32&0x00ff0000 != FlagRST<<16, f.cfg)
		for n := range 70 {
			mem, at := ring(rng, n)
			for round := range 4 {
				checkPatch(t, f, rng, mem, at)
				if round == 1 && n > 0 { // as RSTs do between SYNs
					p := randomProbe(rng)
					other.Put(mem[at[rng.IntN(n)]:], &p)
				}
			}
		}
	}
}

func checkPatch(t *testing.T, f namedTemplate, rng *rand.Rand, mem []byte, at []uint64) {
	t.Helper()
	before := bytes.Clone(mem)
	probes := make([]Probe, len(at))
	for i := range probes {
		probes[i] = randomProbe(rng)
	}
	f.tmpl.PatchAll(mem, at, probes)
	for i := range probes {
		slot, want := mem[at[i]:][:slotLen], put(f.tmpl, &probes[i])
		if got := slot[:f.tmpl.Len()]; !bytes.Equal(got, want) {
			t.Fatalf("%s, frame %d of %d:\n got %x\nwant %x", f.name, i, len(at), got, want)
		}
		if rest := MaxFrameLen; !bytes.Equal(slot[rest:], before[at[i]:][rest:slotLen]) {
			t.Fatalf("%s: bytes beyond MaxFrameLen are written", f.name)
		}
	}
}

// TestPatchAllSumsEverything patches the fields whose sums carry furthest.
func TestPatchAllSumsEverything(t *testing.T) {
	edges := []uint32{0, 1, 0x7fff, 0x8000, 0xfffe, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffeffff, 0xffff0000, 0xffffffff}
	f := newTemplate(t, false, goldenConfig)
	var probes []Probe
	for _, a := range edges {
		for _, b := range edges {
			for _, c := range edges {
				probes = append(probes, Probe{a, b, uint16(c), uint16(a), c, uint16(b)}, Probe{c, a, uint16(b), uint16(c), a ^ b, uint16(a)})
			}
		}
	}
	mem, at := ring(rand.New(rand.NewPCG(1, 1)), len(probes))
	for range 2 { // into garbage, then over frames
		f.PatchAll(mem, at, probes)
		for i := range probes {
			frame := mem[at[i]:][:f.Len()]
			if err := VerifyChecksums(frame); err != nil {
				t.Fatalf("%+v: %v", probes[i], err)
			}
			if want := put(f, &probes[i]); !bytes.Equal(frame, want) {
				t.Fatalf("%+v:\n got %x\nwant %x", probes[i], frame, want)
			}
		}
	}
}

func TestPatchAllPanicsWithoutRoom(t *testing.T) {
	for _, n := range []int{1, 4, 9} {
		for _, at := range []uint64{slotLen - MaxFrameLen + 1, slotLen, 1 << 40, ^uint64(0)} {
			offsets := make([]uint64, n)
			offsets[n-1] = at
			if !panics(func() { newTemplate(t, false, Config{}).PatchAll(make([]byte, slotLen), offsets, make([]Probe, n)) }) {
				t.Errorf("PatchAll of frame %d at %d into %d bytes does not panic", n, at, slotLen)
			}
		}
	}
	if !panics(func() {
		newTemplate(t, false, Config{}).PatchAll(make([]byte, slotLen), make([]uint64, 3), make([]Probe, 4))
	}) {
		t.Error("PatchAll with too few offsets does not panic")
	}
}

// TestPatchAllStaysInside: where the memory ends too early, what lies behind it is not written, even if it is a frame.
func TestPatchAllStaysInside(t *testing.T) {
	const n = 4
	f := newTemplate(t, false, goldenConfig)
	all, at := make([]byte, n*slotLen), []uint64{0, slotLen, 2 * slotLen, 3 * slotLen}
	f.PatchAll(all, at, make([]Probe, n))
	for _, size := range []int{1, 20, slotLen + 20, (n-1)*slotLen + 20} {
		before := bytes.Clone(all)
		if !panics(func() { f.PatchAll(all[:size:size], at, []Probe{{Seq: 1}, {Seq: 2}, {Seq: 3}, {Seq: 4}}) }) {
			t.Errorf("PatchAll of %d frames into %d bytes does not panic", n, size)
		}
		if !bytes.Equal(all[size:], before[size:]) {
			t.Errorf("PatchAll of %d frames into %d bytes writes beyond them", n, size)
		}
	}
}

func panics(do func()) (did bool) {
	defer func() { did = recover() != nil }()
	do()
	return false
}

func FuzzPatchAll(f *testing.F) {
	tmpl := newTemplate(f, false, goldenConfig)
	f.Add(uint32(0xffffffff), uint32(0xffffffff), uint16(0xffff), uint16(0xffff), uint32(0xffffffff), uint16(0xffff))
	f.Fuzz(func(t *testing.T, src, dst uint32, sport, dport uint16, seq uint32, id uint16) {
		p := Probe{src, dst, sport, dport, seq, id}
		mem, at := make([]byte, 4*slotLen), []uint64{0, slotLen, 2 * slotLen, 3 * slotLen}
		for range 2 {
			tmpl.PatchAll(mem, at, []Probe{{}, p, {}, p})
			for _, i := range []int{1, 3} {
				if got, want := mem[at[i]:][:tmpl.Len()], put(tmpl, &p); !bytes.Equal(got, want) {
					t.Fatalf("%+v:\n got %x\nwant %x", p, got, want)
				}
			}
		}
	})
}

func TestPatchAllAllocs(t *testing.T) {
	f := newTemplate(t, false, goldenConfig)
	mem, at := ring(rand.New(rand.NewPCG(1, 1)), 64)
	probes := make([]Probe, 64)
	if n := testing.AllocsPerRun(100, func() { f.PatchAll(mem, at, probes) }); n != 0 {
		t.Errorf("PatchAll allocates %v times, want 0", n)
	}
}

// BenchmarkPatchAll writes batches of different probes into the slots of a ring that hold frames already.
func BenchmarkPatchAll(b *testing.B) {
	tmpl := newTemplate(b, false, goldenConfig)
	const batch = 256
	for _, bm := range []struct {
		name  string
		patch func(mem []byte, at []uint64, probes []Probe)
	}{{"best", tmpl.PatchAll}, {"each", tmpl.patchEach}} {
		b.Run(fmt.Sprintf("by=%s/batch=%d", bm.name, batch), func(b *testing.B) {
			rng := rand.New(rand.NewPCG(1, 1))
			mem, at := ring(rng, benchmarkSlots)
			probes := make([]Probe, batch)
			for i := range probes {
				probes[i] = randomProbe(rng)
			}
			b.ReportAllocs()
			for first := 0; b.Loop(); first = (first + batch) % benchmarkSlots {
				bm.patch(mem, at[first:], probes)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/batch, "ns/frame")
		})
	}
}
