package xsk

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// smallTx is a sending side small enough to run full in a test.
var smallTx = Config{RxSize: 8, FillSize: 8, TxSize: 8, CompletionSize: 16, TxSlotSize: 64}

// orderedTx has as many slots as its TX ring has places, so that it begins in order.
var orderedTx = Config{RxSize: 8, FillSize: 8, TxSize: 8, CompletionSize: 8, TxSlotSize: 64}

// sendSeq sends frames numbered from seq on, as many of n as there is room for, and returns how many.
func sendSeq(q *TxQueue, seq uint64, n int) int {
	n = q.Reserve(n)
	for i := range n {
		seqFrame(q.Frame(i), seq+uint64(i), 32)
		q.SetLen(i, 32)
	}
	q.Submit(n)
	return n
}

func TestTxQueueReserve(t *testing.T) {
	tests := []struct {
		name      string
		inFlight  int // submitted, taken by the kernel, not completed
		completed int // of those, completed but not reaped
		queued    int // submitted, not taken
		n         int
		want      int
	}{
		{name: "none", n: 0, want: 0},
		{name: "fewer than none", n: -1, want: 0},
		{name: "some", n: 5, want: 5},
		{name: "more than the TX ring holds", n: 16, want: 8},
		{name: "more than there are slots", n: math.MaxInt, want: 8},
		{name: "what the TX ring has left", queued: 6, n: 5, want: 2},
		{name: "a full TX ring", queued: 8, n: 1, want: 0},
		{name: "what slots are left", inFlight: 14, n: 5, want: 2},
		{name: "no slot left", inFlight: 16, n: 1, want: 0},
		{name: "slots given back", inFlight: 16, completed: 3, n: 5, want: 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q, _, k := newFake(t, smallTx, math.MaxUint32-5)
			for i := range tt.inFlight {
				sendSeq(q, uint64(i), 1)
				d, _ := k.tx.Take()
				if i < tt.completed {
					k.comp.Put(d.Addr)
				}
			}
			for i := range tt.queued {
				sendSeq(q, uint64(i), 1)
			}
			if got := q.Reserve(tt.n); got != tt.want {
				t.Errorf("Reserve(%d) = %d, want %d", tt.n, got, tt.want)
			}
		})
	}
}

// TestTxQueueSubmitPart submits fewer frames than were reserved: the first of them are sent, the other slots are free.
func TestTxQueueSubmitPart(t *testing.T) {
	q, _, k := newFake(t, smallTx, 0)
	for i := range q.Reserve(8) {
		seqFrame(q.Frame(i), uint64(i), 64)
		q.SetLen(i, 40+i)
	}
	q.Submit(3)
	for i := range 3 {
		d, ok := k.tx.Take()
		if !ok || int(d.Len) != 40+i || d.Options != 0 {
			t.Fatalf("descriptor %d = %+v, %v, want length %d, no options", i, d, ok, 40+i)
		}
		if want := seqFrame(make([]byte, 64), uint64(i), 40+i); !bytes.Equal(k.frame(d), want) {
			t.Errorf("frame %d = %x, want %x", i, k.frame(d), want)
		}
	}
	if _, ok := k.tx.Take(); ok {
		t.Error("a fourth frame was sent, want 3")
	}
	if got := q.Reserve(16); got != 8 {
		t.Errorf("Reserve(16) afterwards = %d, want the whole TX ring, 8", got)
	}
	if q.Submit(0); len(q.free) != 13 {
		t.Errorf("%d slots are free, want 13 of 16", len(q.free))
	}
}

func TestTxQueuePrefill(t *testing.T) {
	q, _, k := newFake(t, smallTx, 0)
	want := bytes.Repeat([]byte{0xa5}, 60)
	if got := q.Prefill(want); got != 60 {
		t.Fatalf("Prefill = %d, want 60", got)
	}
	for range 2 { // the second time round, on slots that have been used
		for range q.tx.reserve(8) {
			q.Submit(q.Reserve(1))
			d, _ := k.tx.Take()
			if !bytes.Equal(k.frame(d), want) {
				t.Fatalf("frame = %x, want %x", k.frame(d), want)
			}
			k.comp.Put(d.Addr)
		}
	}
	if got := q.Prefill(make([]byte, 100)); got != 64 {
		t.Errorf("Prefill of 100 bytes into slots of 64 = %d, want 64", got)
	}
	if got := q.Prefill(nil); got != 0 || q.length != 64 {
		t.Errorf("Prefill(nil) = %d and changed the length to %d, want 0, and 64 as before", got, q.length)
	}
}

// TestTxQueueSlots: the slots are those that Frame gives, in the same order, also after some came back out of it.
func TestTxQueueSlots(t *testing.T) {
	q, _, k := newFake(t, smallTx, 0)
	for range 3 {
		q.Submit(q.Reserve(5))
		var taken []unix.XDPDesc
		for range 5 {
			d, _ := k.tx.Take()
			taken = append(taken, d)
		}
		for i := range taken {
			k.comp.Put(taken[(i*3)%5].Addr)
		}
		q.Reap()
		n := q.Reserve(8)
		umem, offsets := q.Slots()
		if len(offsets) != n {
			t.Fatalf("%d offsets of %d reserved slots", len(offsets), n)
		}
		for i, at := range offsets {
			if &umem[at] != &q.Frame(i)[0] {
				t.Errorf("slot %d at %d is not where its frame is", i, at)
			}
		}
	}
}

// TestTxQueueMisuse holds that indices and lengths out of range end in a panic, not in a frame of other bytes.
func TestTxQueueMisuse(t *testing.T) {
	tests := []struct {
		name string
		do   func(q *TxQueue)
	}{
		{name: "frame past the reserved", do: func(q *TxQueue) { q.Frame(2) }},
		{name: "frame before the first", do: func(q *TxQueue) { q.Frame(-1) }},
		{name: "length of zero", do: func(q *TxQueue) { q.SetLen(0, 0) }},
		{name: "length past the slot", do: func(q *TxQueue) { q.SetLen(0, 65) }},
		{name: "length of a slot past the reserved", do: func(q *TxQueue) { q.SetLen(2, 60) }},
		{name: "more submitted than reserved", do: func(q *TxQueue) { q.Submit(3) }},
		{name: "submitted twice", do: func(q *TxQueue) { q.Submit(2); q.Submit(1) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q, _, _ := newFake(t, smallTx, 0)
			q.Reserve(2)
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			tt.do(q)
		})
	}
}

// TestTxQueueTaggedCompletion returns addresses with bit 0 set, as some kernels do.
func TestTxQueueTaggedCompletion(t *testing.T) {
	q, _, k := newFake(t, smallTx, 0)
	sendSeq(q, 0, 8)
	for range 8 {
		d, _ := k.tx.Take()
		k.comp.Put(d.Addr | 1)
	}
	if got := q.Reap(); got != 8 {
		t.Fatalf("Reap() = %d, want 8", got)
	}
	for _, addr := range freeSlots(q) {
		if addr%64 != 0 {
			t.Errorf("address %#x is free, want multiples of 64 only", addr)
		}
	}
}

// FuzzTxQueue sends, completes, and compares with a set of slots: none is handed out while the kernel has it, none is lost,
// and what the kernel reads is what was written, as long as it was said to be. With as many slots as the ring has places
// the queue begins in order. The kernel completes in order for a while, then in any.
func FuzzTxQueue(f *testing.F) {
	f.Add(uint32(0), uint64(1), false, uint8(0), []byte{0x48, 0x85, 0x46})
	f.Add(uint32(math.MaxUint32-3), uint64(2), false, uint8(0), []byte{0x48, 0x85, 0x46, 0x48, 0x85, 0x86, 0x44, 0x81})
	turns := bytes.Repeat([]byte{0x28, 0x15, 0x26, 0x29, 0x42, 0x07}, 20) // several turns of the ring
	f.Add(uint32(math.MaxUint32-30), uint64(3), true, uint8(255), turns)
	f.Add(uint32(math.MaxUint32-30), uint64(4), true, uint8(50), turns)
	f.Fuzz(func(t *testing.T, start uint32, seed uint64, equal bool, inOrder uint8, ops []byte) {
		cfg, slots := smallTx, 16
		if equal {
			cfg, slots = orderedTx, 8
		}
		q, _, k := newFake(t, cfg, start)
		rng := rand.New(rand.NewPCG(seed, 0))
		inKernel := map[uint64]bool{} // address of each slot submitted and not completed
		var taken []unix.XDPDesc
		var lengths []uint32 // of the frames submitted
		var read uint64
		for step, op := range ops {
			n := int(op >> 2)
			switch op & 3 {
			case 0: // reserve n, submit some
				got := q.Reserve(n)
				if want := slots - len(inKernel); got > min(n, want) {
					t.Fatalf("step %d: Reserve(%d) = %d with %d free", step, n, got, want)
				}
				use := 0
				if got > 0 {
					use = rng.IntN(got + 1)
				}
				for i := range got {
					if q.window[i]&1 != 0 || inKernel[q.window[i]] {
						t.Fatalf("step %d: slot %#x is offered while the kernel has it", step, q.window[i])
					}
					seqFrame(q.Frame(i), uint64(len(lengths)), 64)
					length := uint32(64)
					if rng.IntN(8) == 0 {
						length = 8 + uint32(rng.IntN(57))
						q.SetLen(i, int(length))
					}
					if i < use {
						inKernel[q.window[i]] = true
						lengths = append(lengths, length)
					}
				}
				q.Submit(use)
			case 1: // the kernel takes up to n
				for range n {
					d, ok := k.tx.Take()
					if !ok {
						break
					}
					if got := binary.BigEndian.Uint64(k.frame(d)); got != read || d.Len != lengths[read] {
						t.Fatalf("step %d: frame %d of %d bytes, want %d of %d", step, got, d.Len, read, lengths[read])
					}
					read++
					taken = append(taken, d)
				}
			case 2: // the kernel completes up to n
				for range min(n, len(taken)) {
					i := 0
					if step >= int(inOrder) {
						i = rng.IntN(len(taken))
					}
					if !k.comp.Put(taken[i].Addr | uint64(rng.IntN(2))) {
						t.Fatalf("step %d: the completion ring is full", step)
					}
					delete(inKernel, taken[i].Addr)
					taken = slices.Delete(taken, i, i+1)
				}
			case 3:
				q.Reap()
			}
		}
		q.Reap()
		wrote := uint64(len(lengths))
		if got := q.Pending(); got != len(inKernel) {
			t.Errorf("Pending() = %d, want %d", got, len(inKernel))
		}
		if free := len(freeSlots(q)); free+len(inKernel) != slots {
			t.Errorf("%d slots free and %d with the kernel, want %d in all", free, len(inKernel), slots)
		}
		if c := q.Counters(); c.Submitted != wrote || c.Completed != wrote-uint64(len(inKernel)) {
			t.Errorf("Counters() = %+v, want %d submitted, %d completed", c, wrote, wrote-uint64(len(inKernel)))
		}
		if equal && len(ops) <= int(inOrder) && q.order == nil {
			t.Error("the order was given up, though every completion came in its turn")
		}
	})
}

// TestTxQueueConcurrent sends to a kernel on another goroutine that completes out of order, while a third reads the
// counters.
func TestTxQueueConcurrent(t *testing.T) {
	frames := uint64(60_000)
	if testing.Short() {
		frames = 10_000
	}
	q, _, k := newFake(t, smallTx, math.MaxUint32-1000)
	var wg sync.WaitGroup
	wg.Go(func() {
		var held []uint64
		for read := uint64(0); read < frames || len(held) > 0; {
			d, ok := k.tx.Take()
			if ok {
				if got := binary.BigEndian.Uint64(k.frame(d)); got != read {
					t.Errorf("frame %d reads as %d", read, got)
					return
				}
				read++
				held = append(held, d.Addr)
			}
			if !ok || len(held) >= 5 {
				for _, h := range slices.Backward(held) {
					k.comp.Put(h)
				}
				held = held[:0]
				runtime.Gosched()
			}
		}
	})
	wg.Go(func() {
		for c := (TxCounters{}); c.Submitted < frames && !t.Failed(); c = q.Counters() {
			// Completed is read after Submitted, so it may be ahead of it by what happened in between, but no more.
			if c.Submitted > frames || c.Completed > frames {
				t.Errorf("counters ran past %d: %+v", frames, c)
			}
			time.Sleep(100 * time.Microsecond)
		}
	})
	for sent := uint64(0); sent < frames && !t.Failed(); {
		n := sendSeq(q, sent, int(min(5, frames-sent)))
		if sent += uint64(n); n == 0 {
			runtime.Gosched()
		}
	}
	wg.Wait()
	q.Reap()
	if q.Pending() != 0 || len(q.free) != 16 {
		t.Errorf("afterwards %d are pending and %d slots free, want 0 and 16", q.Pending(), len(q.free))
	}
}

// sendBatch is what a sender does for a batch, to a kernel that takes and completes it at once.
func sendBatch(q *TxQueue, k *fakeKernel, n int) {
	n = q.Reserve(n)
	for i := range n {
		b := q.Frame(i)
		binary.LittleEndian.PutUint64(b, uint64(i))
		q.SetLen(i, 60)
	}
	q.Submit(n)
	c, p := k.tx.Consumer.Load(), k.comp.Producer.Load()
	for i := range uint32(n) {
		k.comp.Slots[(p+i)&uint32(len(k.comp.Slots)-1)] = k.tx.Slots[(c+i)&uint32(len(k.tx.Slots)-1)].Addr
	}
	k.tx.Consumer.Store(c + uint32(n))
	k.comp.Producer.Store(p + uint32(n))
}

func TestTxQueueAllocs(t *testing.T) {
	q, _, k := newFake(t, Config{}, 0)
	k.sendCall = take(0, unix.EAGAIN)
	if n := testing.AllocsPerRun(1000, func() { sendBatch(q, k, 64); q.Reap() }); n != 0 {
		t.Errorf("a batch of 64 allocates %v times, want 0", n)
	}
	sendSeq(q, 0, 1)
	if n := testing.AllocsPerRun(1000, func() { _, _ = q.Kick() }); n != 0 {
		t.Errorf("Kick allocates %v times, want 0", n)
	}
}

// BenchmarkTxQueueSubmit measures one frame's way through Reserve, Frame, SetLen, Submit and Reap, the frame's first 8
// bytes written and the fake kernel's work (a load and a store a frame) included.
func BenchmarkTxQueueSubmit(b *testing.B) {
	for _, batch := range []int{1, 16, 64, 256} {
		b.Run(fmt.Sprintf("batch=%d", batch), func(b *testing.B) {
			q, _, k := newFake(b, Config{}, 0)
			b.ReportAllocs()
			for b.Loop() {
				sendBatch(q, k, batch)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(batch), "ns/packet")
		})
	}
}
