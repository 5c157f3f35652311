package xsk

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

func TestRingReserve(t *testing.T) {
	tests := []struct {
		name  string
		start uint32 // value both indices start from
		held  uint32 // slots submitted and not consumed
		n     uint32
		want  uint32
	}{
		{name: "nothing asked for", n: 0, want: 0},
		{name: "one of an empty ring", n: 1, want: 1},
		{name: "all of an empty ring", n: 8, want: 8},
		{name: "more than the ring has", n: 9, want: 8},
		{name: "last slot", held: 7, n: 1, want: 1},
		{name: "fewer than asked for", held: 6, n: 3, want: 2},
		{name: "full", held: 8, n: 1, want: 0},
		{name: "across the uint32 wrap", start: math.MaxUint32 - 2, held: 4, n: 4, want: 4},
		{name: "full across the uint32 wrap", start: math.MaxUint32 - 2, held: 8, n: 1, want: 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, _ := newFakeRing[uint64](8, tt.start)
			r.submit(tt.held)
			if got := r.reserve(tt.n); got != tt.want {
				t.Errorf("reserve(%d) with %d held = %d, want %d", tt.n, tt.held, got, tt.want)
			}
		})
	}
}

func TestRingPeek(t *testing.T) {
	tests := []struct {
		name  string
		start uint32
		held  uint32 // slots the kernel has produced
		n     uint32
		want  uint32
	}{
		{name: "empty", n: 1, want: 0},
		{name: "nothing asked for", held: 3, n: 0, want: 0},
		{name: "some of those that wait", held: 3, n: 2, want: 2},
		{name: "fewer than asked for", held: 3, n: 8, want: 3},
		{name: "a full ring", held: 8, n: 8, want: 8},
		{name: "across the uint32 wrap", start: math.MaxUint32 - 2, held: 8, n: 8, want: 8},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, k := newFakeRing[uint64](8, tt.start)
			for i := range tt.held {
				k.Put(uint64(i))
			}
			if got := r.peek(tt.n); got != tt.want {
				t.Errorf("peek(%d) with %d held = %d, want %d", tt.n, tt.held, got, tt.want)
			}
		})
	}
}

// TestRingSharedIndexReads holds that the kernel's index is read only when the last value seen is not enough.
func TestRingSharedIndexReads(t *testing.T) {
	r, k := newFakeRing[uint64](8, 0)
	for i := range uint64(4) {
		k.Put(i)
	}
	if got := r.peek(4); got != 4 {
		t.Fatalf("peek(4) = %d, want 4", got)
	}
	k.Put(4)
	if r.peek(4); r.prod != 4 {
		t.Errorf("peek(4) with 4 known to wait read the producer index again: %d", r.prod)
	}
	if r.peek(5); r.prod != 5 {
		t.Errorf("peek(5) with 4 known to wait left the producer index at %d, want 5", r.prod)
	}
}

func TestRingSpans(t *testing.T) {
	tests := []struct {
		name       string
		i, n       uint32
		head, tail []uint64
	}{
		{name: "in one piece", i: 1, n: 3, head: []uint64{1, 2, 3}},
		{name: "to the very end", i: 6, n: 2, head: []uint64{6, 7}},
		{name: "past the end", i: 6, n: 4, head: []uint64{6, 7}, tail: []uint64{0, 1}},
		{name: "whole, not from the beginning", i: 3, n: 8, head: []uint64{3, 4, 5, 6, 7}, tail: []uint64{0, 1, 2}},
		{name: "none", i: 5, n: 0},
		{name: "past the uint32 wrap", i: math.MaxUint32, n: 2, head: []uint64{7}, tail: []uint64{0}},
	}
	r, _ := newFakeRing[uint64](8, 0)
	for i := range r.slots {
		r.slots[i] = uint64(i)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			head, tail := r.spans(tt.i, tt.n)
			if !slices.Equal(head, tt.head) || !slices.Equal(tail, tt.tail) {
				t.Errorf("spans(%d, %d) = %v, %v, want %v, %v", tt.i, tt.n, head, tail, tt.head, tt.tail)
			}
		})
	}
}

// TestRingMemory holds that a ring which does not fit its memory is refused, not read past the end of.
func TestRingMemory(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("viewRing of 8 slots over the memory of 7 did not panic")
		}
	}()
	viewRing[uint64](make([]byte, memoryLayout().Desc+7*8), memoryLayout(), 8)
}

// FuzzRing drives both ends of a ring and compares it with a slice used as a queue. Each byte of ops is one step: the
// upper bits say how many slots, the lowest whether we move or the kernel does.
func FuzzRing(f *testing.F) {
	f.Add(uint32(0), true, []byte{0x10, 0x11, 0x10, 0x11})
	f.Add(uint32(math.MaxUint32), true, []byte{0x0e, 0x0f, 0x20, 0x21})
	f.Add(uint32(math.MaxUint32-7), false, []byte{0x21, 0x04, 0x21, 0x20})
	f.Add(uint32(math.MaxInt32), false, []byte{0x21, 0x20, 0xff, 0xfe})
	f.Fuzz(func(t *testing.T, start uint32, weProduce bool, ops []byte) {
		const size = 8
		r, k := newFakeRing[uint64](size, start)
		var model []uint64
		var next uint64
		for step, op := range ops {
			n, ours := uint32(op>>1), op&1 == 0
			switch {
			case weProduce && ours:
				got := r.reserve(n)
				if want := min(n, uint32(size-len(model))); got != want {
					t.Fatalf("step %d: reserve(%d) with %d held = %d, want %d", step, n, len(model), got, want)
				}
				head, tail := r.spans(r.prod, got)
				for _, s := range [][]uint64{head, tail} {
					for i := range s {
						s[i] = next
						model = append(model, next)
						next++
					}
				}
				r.submit(got)
			case weProduce:
				for range n {
					v, ok := k.Take()
					if ok != (len(model) > 0) || ok && v != model[0] {
						t.Fatalf("step %d: kernel took %d, %v, want the first of %v", step, v, ok, model)
					}
					if !ok {
						break
					}
					model = model[1:]
				}
			case ours:
				got := r.peek(n)
				if want := min(n, uint32(len(model))); got != want {
					t.Fatalf("step %d: peek(%d) with %d held = %d, want %d", step, n, len(model), got, want)
				}
				head, tail := r.spans(r.cons, got)
				if read := slices.Concat(head, tail); !slices.Equal(read, model[:got]) {
					t.Fatalf("step %d: read %v, want %v", step, read, model[:got])
				}
				r.release(got)
				model = model[got:]
			default:
				for range n {
					ok := k.Put(next)
					if ok != (len(model) < size) {
						t.Fatalf("step %d: kernel could produce: %v, with %d held", step, ok, len(model))
					}
					if !ok {
						break
					}
					model = append(model, next)
					next++
				}
			}
		}
	})
}

// TestRingConcurrent passes 200,000 slots each way to a peer on another goroutine, over the uint32 wrap. Under the
// race detector it holds that the indices order the slots' contents.
func TestRingConcurrent(t *testing.T) {
	n := uint32(200_000)
	if testing.Short() {
		n = 20_000
	}
	start := -(n / 2)
	t.Run("we produce", func(t *testing.T) {
		r, k := newFakeRing[unix.XDPDesc](64, start)
		go func() {
			for i := uint32(0); i < n; {
				got := r.reserve(min(16, n-i))
				head, tail := r.spans(r.prod, got)
				for _, s := range [][]unix.XDPDesc{head, tail} {
					for j := range s {
						s[j] = unix.XDPDesc{Addr: uint64(i), Len: ^i}
						i++
					}
				}
				if r.submit(got); got == 0 {
					runtime.Gosched()
				}
			}
		}()
		for i := uint32(0); i < n; {
			d, ok := k.Take()
			if !ok {
				runtime.Gosched()
				continue
			}
			if d.Addr != uint64(i) || d.Len != ^i {
				t.Fatalf("slot %d holds %+v", i, d)
			}
			i++
		}
	})
	t.Run("we consume", func(t *testing.T) {
		r, k := newFakeRing[uint64](64, start)
		go func() {
			for i := uint32(0); i < n; {
				if k.Put(uint64(i)) {
					i++
				} else {
					runtime.Gosched()
				}
			}
		}()
		for i := uint32(0); i < n; {
			got := r.peek(16)
			head, tail := r.spans(r.cons, got)
			for _, v := range slices.Concat(head, tail) {
				if v != uint64(i) {
					t.Fatalf("slot %d holds %d", i, v)
				}
				i++
			}
			if r.release(got); got == 0 {
				runtime.Gosched()
			}
		}
	})
}

// passBatch sends n slots through a producing ring whose kernel consumes them at once.
func passBatch(r *ring[unix.XDPDesc], k *fakeRing[unix.XDPDesc], n uint32) {
	got := r.reserve(n)
	head, tail := r.spans(r.prod, got)
	for i := range head {
		head[i] = unix.XDPDesc{Addr: uint64(i), Len: 60}
	}
	for i := range tail {
		tail[i] = unix.XDPDesc{Addr: uint64(i), Len: 60}
	}
	r.submit(got)
	k.Consumer.Store(k.Producer.Load())
}

func TestRingAllocs(t *testing.T) {
	r, k := newFakeRing[unix.XDPDesc](2048, 0)
	if n := testing.AllocsPerRun(1000, func() { passBatch(&r, &k, 32) }); n != 0 {
		t.Errorf("one batch of 32 allocates %v times, want 0", n)
	}
}

// BenchmarkRing measures one slot's passage through the TX ring to a kernel that takes a batch at once.
func BenchmarkRing(b *testing.B) {
	for _, batch := range []uint32{1, 16, 64, 256} {
		b.Run(fmt.Sprintf("batch=%d", batch), func(b *testing.B) {
			r, k := newFakeRing[unix.XDPDesc](2048, 0)
			for b.Loop() {
				passBatch(&r, &k, batch)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(batch), "ns/slot")
		})
	}
}
