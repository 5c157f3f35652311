package scan

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/blocklist"
	"github.com/xsweep/xsweep/packet"
	"github.com/xsweep/xsweep/xsk"
	"github.com/xsweep/xsweep/xsk/xsktest"
)

// ringEngine is engine xsk on a ring of ordinary memory, and a batch of probes of the whole Internet for it.
func ringEngine(tb testing.TB, batch int) (*xskEngine, *xsktest.Kernel, []packet.Probe) {
	tb.Helper()
	s, err := prepare(dry(tb, blocklist.All().Minus(blocklist.SpecialSet()), 443))
	if err != nil {
		tb.Fatal(err)
	}
	q, k, err := xsktest.New(xsk.Config{Direction: xsk.TransmitOnly, Bind: xsk.BindCopy, TxSize: txSize, TxSlotSize: txSlot})
	if err != nil {
		tb.Fatal(err)
	}
	probes := make([]packet.Probe, batch)
	if n, _ := s.generator(s.work(1)).fill(probes, 0); n != batch {
		tb.Fatalf("%d probes, want %d", n, batch)
	}
	return newXSKEngine(q.TX(), s), k, probes
}

// BenchmarkEngineRing is what engine xsk does for a probe whose target is known, with a kernel that costs next to nothing:
// a slot of the ring, the SYN with its checksums, publication, and the completion taken back.
func BenchmarkEngineRing(b *testing.B) {
	const batch = 64
	e, _, probes := ringEngine(b, batch)
	b.ReportAllocs()
	for b.Loop() {
		if n, err := e.send(probes); n != batch || err != nil {
			b.Fatalf("send = %d, %v", n, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/batch, "ns/packet")
}

func TestEngineRingAllocs(t *testing.T) {
	e, _, probes := ringEngine(t, 64)
	if n := testing.AllocsPerRun(1000, func() { _, _ = e.send(probes) }); n != 0 {
		t.Errorf("a batch of 64 allocates %v times, want 0", n)
	}
}

// TestEngineRing holds that engine xsk sends each probe's SYN, whatever its slot held before and in whatever order slots
// come back.
func TestEngineRing(t *testing.T) {
	e, k, probes := ringEngine(t, 64)
	var sent [][]byte
	k.Sent = func(frame []byte) { sent = append(sent, append([]byte(nil), frame...)) }
	k.Kicked = func() unix.Errno {
		k.Send(batchSize)
		k.CompleteNewest(40)
		k.Complete(40)
		return 0
	}
	for range 3 * txSize / len(probes) {
		sent = sent[:0]
		if n, err := e.send(probes); n != len(probes) || err != nil {
			t.Fatalf("send = %d, %v, want %d", n, err, len(probes))
		}
		if len(sent) != len(probes) {
			t.Fatalf("%d frames sent, want %d", len(sent), len(probes))
		}
		want := make([]byte, packet.MaxFrameLen)
		for i := range probes {
			if n := e.syn.Put(want, &probes[i]); string(sent[i]) != string(want[:n]) {
				t.Fatalf("frame %d:\n got %x\nwant %x", i, sent[i], want[:n])
			}
		}
	}
}

// TestEngineRingDropped holds that engine xsk takes no more while the kernel drops what it has, since all of it would leave
// in one burst afterwards, and that what was dropped is sent then.
func TestEngineRingDropped(t *testing.T) {
	const batch = 64
	e, k, probes := ringEngine(t, batch)
	k.Kicked = func() unix.Errno {
		k.Complete(k.Send(1))
		return unix.EBUSY
	}
	taken, err := e.send(probes)
	if taken != batch || err != nil {
		t.Fatalf("send = %d, %v, want %d", taken, err, batch)
	}
	for range 5 {
		if n, err := e.send(probes); n != 0 || err != nil {
			t.Fatalf("send = %d, %v while frames are dropped, want 0", n, err)
		}
		if n, err := e.reset(probes); n != 0 || err != nil {
			t.Fatalf("reset = %d, %v while frames are dropped, want 0", n, err)
		}
	}
	if k.Queued() != batch || e.held() < batch {
		t.Errorf("%d frames are queued and %d held, want %d", k.Queued(), e.held(), batch)
	}
	sent := make(map[string]int)
	k.Sent = func(frame []byte) { sent[string(frame)]++ }
	k.Kicked = nil
	if n, err := e.send(probes[:1]); n != 1 || err != nil {
		t.Errorf("send = %d, %v once frames leave again, want 1", n, err)
	}
	if len(sent) != batch || e.held() != 0 {
		t.Errorf("%d different frames were sent, and %d are held, want %d and 0", len(sent), e.held(), batch)
	}
}
