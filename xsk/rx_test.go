package xsk

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"runtime"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// smallRx is a receiving side small enough to run full in a test.
var smallRx = Config{RxSize: 8, FillSize: 16, RxFrames: 12, TxSize: 8}

// receiveSeq delivers frames numbered from seq on and returns how many were not dropped.
func receiveSeq(k *fakeKernel, seq uint64, n int) (delivered int) {
	for i := range n {
		if k.receive(seqFrame(make([]byte, 64), seq+uint64(i), 64)) {
			delivered++
		}
	}
	return delivered
}

// frameSeq returns the number that seqFrame wrote, after checking that it is whole.
func frameSeq(t *testing.T, b []byte, n int) uint64 {
	t.Helper()
	seq := binary.BigEndian.Uint64(b)
	if want := seqFrame(make([]byte, n), seq, n); !bytes.Equal(b, want) {
		t.Fatalf("frame = %x, want %x", b, want)
	}
	return seq
}

func TestRxQueueReceive(t *testing.T) {
	tests := []struct {
		name    string
		arrived int
		max     int
		want    int
	}{
		{name: "nothing arrived", max: 8, want: 0},
		{name: "nothing asked for", arrived: 3, max: 0, want: 0},
		{name: "fewer than nothing", arrived: 3, max: -1, want: 0},
		{name: "some of those waiting", arrived: 5, max: 2, want: 2},
		{name: "fewer than asked for", arrived: 5, max: 64, want: 5},
		{name: "more asked for than the ring holds", arrived: 8, max: math.MaxInt, want: 8},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, q, k := newFake(t, smallRx, math.MaxUint32-3)
			if got := receiveSeq(k, 0, tt.arrived); got != tt.arrived {
				t.Fatalf("delivered %d, want %d", got, tt.arrived)
			}
			got := q.Receive(tt.max)
			if got != tt.want {
				t.Fatalf("Receive(%d) = %d, want %d", tt.max, got, tt.want)
			}
			for i := range got {
				if seq := frameSeq(t, q.Frame(i), 64); seq != uint64(i) {
					t.Errorf("Frame(%d) is number %d", i, seq)
				}
			}
		})
	}
}

// TestRxQueueReleasePart releases some of the frames received: the others come again, in order.
func TestRxQueueReleasePart(t *testing.T) {
	_, q, k := newFake(t, smallRx, math.MaxUint32-3)
	receiveSeq(k, 0, 6)
	q.Receive(6)
	q.Release(4)
	receiveSeq(k, 6, 2)
	if got := q.Receive(8); got != 4 {
		t.Fatalf("Receive(8) = %d, want 4", got)
	}
	for i := range 4 {
		if seq := frameSeq(t, q.Frame(i), 64); seq != uint64(4+i) {
			t.Errorf("Frame(%d) is number %d, want %d", i, seq, 4+i)
		}
	}
	if c := q.Counters(); c != (RxCounters{Received: 4}) {
		t.Errorf("Counters() = %+v, want 4 received", c)
	}
}

// TestRxQueueFrameBounds holds that a frame cannot be grown into the next chunk.
func TestRxQueueFrameBounds(t *testing.T) {
	_, q, k := newFake(t, smallRx, 0)
	receiveSeq(k, 0, 1)
	q.Receive(1)
	b := q.Frame(0)
	if want := 2048 - unix.XDP_PACKET_HEADROOM; len(b) != 64 || cap(b) != want {
		t.Errorf("Frame(0) has length %d and capacity %d, want 64 and %d", len(b), cap(b), want)
	}
}

func TestRxQueueMisuse(t *testing.T) {
	tests := []struct {
		name string
		do   func(q *RxQueue)
	}{
		{name: "frame past the received", do: func(q *RxQueue) { q.Frame(2) }},
		{name: "frame before the first", do: func(q *RxQueue) { q.Frame(-1) }},
		{name: "more released than received", do: func(q *RxQueue) { q.Release(3) }},
		{name: "released twice", do: func(q *RxQueue) { q.Release(2); q.Release(1) }},
		{name: "frame that was released", do: func(q *RxQueue) { q.Release(2); q.Frame(0) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, q, k := newFake(t, smallRx, 0)
			receiveSeq(k, 0, 4)
			q.Receive(2)
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			tt.do(q)
		})
	}
}

// TestRxQueueWake holds that the driver is woken after a refill in zero-copy, if it asks, and not otherwise.
func TestRxQueueWake(t *testing.T) {
	for _, zeroCopy := range []bool{false, true} {
		for _, asks := range []bool{false, true} {
			t.Run(fmt.Sprintf("zero-copy=%v,asks=%v", zeroCopy, asks), func(t *testing.T) {
				_, q, k := newFake(t, smallRx, 0)
				woken := uint64(0)
				q.zeroCopy, q.wake = zeroCopy, func(int) { woken++ }
				k.fill.SetNeedWakeup(asks)
				receiveSeq(k, 0, 3)
				q.Release(q.Receive(3))
				want := uint64(0)
				if zeroCopy && asks {
					want = 1
				}
				if woken != want || q.Counters().Wakeups != want {
					t.Errorf("woken %d times, counted %d, want %d", woken, q.Counters().Wakeups, want)
				}
			})
		}
	}
}

// FuzzRxQueue receives and releases in any amounts and compares with a slice used as a queue; no frame is ever lost
// or in two places.
func FuzzRxQueue(f *testing.F) {
	f.Add(uint32(0), []byte{0x20, 0x21, 0x20, 0x21})
	f.Add(uint32(math.MaxUint32-3), []byte{0x40, 0x11, 0x0a, 0x40, 0x41, 0x22, 0x40})
	f.Fuzz(func(t *testing.T, start uint32, ops []byte) {
		_, q, k := newFake(t, smallRx, start)
		var model []uint64 // numbers of the frames in the RX ring
		var next uint64
		received := 0
		for step, op := range ops {
			n := int(op >> 2)
			switch op & 3 {
			case 0: // frames arrive; some may be dropped
				for range n {
					if k.receive(seqFrame(make([]byte, 64), next, 64)) {
						model = append(model, next)
					} else if len(model) < 8 {
						t.Fatalf("step %d: no frame to receive into, with %d waiting", step, len(model))
					}
					next++
				}
			case 1, 2: // read n, in place
				received = q.Receive(n)
				if want := min(n, len(model)); received != want {
					t.Fatalf("step %d: Receive(%d) = %d, want %d", step, n, received, want)
				}
				for i := range received {
					if seq := frameSeq(t, q.Frame(i), 64); seq != model[i] {
						t.Fatalf("step %d: Frame(%d) is number %d, want %d", step, i, seq, model[i])
					}
				}
			case 3: // release some of them
				n = min(n, received)
				q.Release(n)
				model = model[n:]
				if n > 0 {
					received = 0
				}
			}
		}
		q.Release(q.Receive(8))
		addrs := map[uint64]bool{}
		for _, a := range k.spare {
			addrs[a] = true
		}
		for a, ok := k.fill.Take(); ok; a, ok = k.fill.Take() {
			addrs[a] = true
		}
		if len(addrs) != 12 {
			t.Errorf("%d different frames are with the kernel at the end, want 12", len(addrs))
		}
	})
}

// TestRxQueueConcurrent receives from a kernel on another goroutine, over the uint32 wrap.
func TestRxQueueConcurrent(t *testing.T) {
	frames := uint64(60_000)
	if testing.Short() {
		frames = 10_000
	}
	_, q, k := newFake(t, smallRx, math.MaxUint32-1000)
	var wg sync.WaitGroup
	wg.Go(func() {
		b := make([]byte, 64)
		for seq := uint64(0); seq < frames; {
			if k.receive(seqFrame(b, seq, 64)) {
				seq++
			} else {
				runtime.Gosched()
			}
		}
	})
	for seq := uint64(0); seq < frames; {
		n := q.Receive(5)
		for i := range n {
			if got := frameSeq(t, q.Frame(i), 64); got != seq {
				t.Fatalf("frame %d reads as %d", seq, got)
			}
			seq++
		}
		if q.Release(n); n == 0 {
			runtime.Gosched()
		}
	}
	wg.Wait()
}

// receiveBatch is what a receiver does for a batch, from a kernel that delivers it at once.
func receiveBatch(q *RxQueue, k *fakeKernel, n int) (sum uint64) {
	c, p := k.fill.Consumer.Load(), k.rx.Producer.Load()
	for i := range uint32(n) {
		addr := k.fill.Slots[(c+i)&uint32(len(k.fill.Slots)-1)]
		k.rx.Slots[(p+i)&uint32(len(k.rx.Slots)-1)] = unix.XDPDesc{Addr: addr + unix.XDP_PACKET_HEADROOM, Len: 60}
	}
	k.fill.Consumer.Store(c + uint32(n))
	k.rx.Producer.Store(p + uint32(n))
	n = q.Receive(n)
	for i := range n {
		sum += binary.LittleEndian.Uint64(q.Frame(i))
	}
	q.Release(n)
	return sum
}

func TestRxQueueAllocs(t *testing.T) {
	_, q, k := newFake(t, Config{}, 0)
	if n := testing.AllocsPerRun(1000, func() { receiveBatch(q, k, 64) }); n != 0 {
		t.Errorf("a batch of 64 allocates %v times, want 0", n)
	}
}

// BenchmarkRxQueueReceive measures one frame's way through Receive, Frame and Release, its first 8 bytes read and the
// fake kernel's work included.
func BenchmarkRxQueueReceive(b *testing.B) {
	for _, batch := range []int{1, 16, 64, 256} {
		b.Run(fmt.Sprintf("batch=%d", batch), func(b *testing.B) {
			_, q, k := newFake(b, Config{}, 0)
			b.ReportAllocs()
			for b.Loop() {
				receiveBatch(q, k, batch)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(batch), "ns/packet")
		})
	}
}
