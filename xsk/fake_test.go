package xsk

import (
	"encoding/binary"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"
)

// fakeRing is the kernel's end of a ring that lies in ordinary memory. It is written as plainly as can be: no cached
// indices, one slot at a time, nothing in common with ring but the layout.
type fakeRing[T slot] struct {
	producer, consumer, flags *atomic.Uint32
	slots                     []T
}

// fakeOffsets is the layout that the kernel uses on a machine with cache lines of 64 bytes.
var fakeOffsets = unix.XDPRingOffset{Producer: 0, Consumer: 64, Flags: 128, Desc: 192}

// newFakeRing lays an empty ring of n slots over fresh memory, its indices starting from start, and returns our end
// and the kernel's.
func newFakeRing[T slot](n, start uint32) (ring[T], fakeRing[T]) {
	mem := make([]byte, fakeOffsets.Desc+uint64(slotBytes[T](n)))
	k := fakeRing[T]{
		producer: word(mem, fakeOffsets.Producer),
		consumer: word(mem, fakeOffsets.Consumer),
		flags:    word(mem, fakeOffsets.Flags),
	}
	k.producer.Store(start)
	k.consumer.Store(start)
	r := viewRing[T](mem, fakeOffsets, n)
	k.slots = r.slots
	return r, k
}

// put produces one slot, and reports false if the ring is full.
func (k *fakeRing[T]) put(v T) bool {
	p := k.producer.Load()
	if p-k.consumer.Load() == uint32(len(k.slots)) {
		return false
	}
	k.slots[p%uint32(len(k.slots))] = v
	k.producer.Store(p + 1)
	return true
}

// take consumes one slot, and reports false if the ring is empty.
func (k *fakeRing[T]) take() (v T, ok bool) {
	c := k.consumer.Load()
	if c == k.producer.Load() {
		return v, false
	}
	v = k.slots[c%uint32(len(k.slots))]
	k.consumer.Store(c + 1)
	return v, true
}

// setNeedWakeup sets or clears the flag that asks for a system call.
func (k *fakeRing[T]) setNeedWakeup(on bool) {
	if on {
		k.flags.Store(unix.XDP_RING_NEED_WAKEUP)
	} else {
		k.flags.Store(0)
	}
}

// fakeKernel plays the kernel's part behind a TxQueue and an RxQueue.
type fakeKernel struct {
	umem     []byte
	layout   umemLayout
	fill     fakeRing[uint64]
	comp     fakeRing[uint64]
	rx       fakeRing[unix.XDPDesc]
	tx       fakeRing[unix.XDPDesc]
	spare    []uint64                       // frames taken from the fill ring for which the RX ring had no room
	sendCall func(k *fakeKernel) unix.Errno // what a kick does
}

// newFake builds the two sides of a Queue over ordinary memory, every index starting from start.
func newFake(tb testing.TB, cfg Config, start uint32) (*TxQueue, *RxQueue, *fakeKernel) {
	tb.Helper()
	cfg.Ifindex = 1
	if err := cfg.Validate(); err != nil {
		tb.Fatal(err)
	}
	cfg = cfg.withDefaults()
	k := &fakeKernel{layout: cfg.umemLayout()}
	k.umem = make([]byte, k.layout.size)

	var fill, comp ring[uint64]
	var rx, tx ring[unix.XDPDesc]
	fill, k.fill = newFakeRing[uint64](cfg.FillSize, start)
	comp, k.comp = newFakeRing[uint64](cfg.CompletionSize, start)
	rx, k.rx = newFakeRing[unix.XDPDesc](cfg.RxSize, start)
	tx, k.tx = newFakeRing[unix.XDPDesc](cfg.TxSize, start)
	k.tx.setNeedWakeup(true) // as the kernel does when it creates the ring
	offerAll(&fill, k.layout)

	txq := newTxQueue(tx, comp, k.umem, k.layout, 0, kicker{
		fd:     -1,
		name:   "fake queue 0",
		budget: kernelTxBudget,
		send:   func(int) unix.Errno { return k.sendCall(k) },
	})
	return txq, newRxQueue(-1, rx, fill, k.umem, cfg.FrameSize), k
}

// frame returns the bytes that a TX descriptor points at.
func (k *fakeKernel) frame(d unix.XDPDesc) []byte {
	return k.umem[d.Addr : d.Addr+uint64(d.Len)]
}

// receive delivers a frame as copy mode does, behind 256 bytes of headroom. It reports false if the frame was dropped.
func (k *fakeKernel) receive(frame []byte) bool {
	var addr uint64
	if n := len(k.spare); n > 0 {
		addr, k.spare = k.spare[n-1], k.spare[:n-1]
	} else {
		var ok bool
		if addr, ok = k.fill.take(); !ok {
			return false
		}
	}
	at := addr + unix.XDP_PACKET_HEADROOM
	copy(k.umem[at:], frame)
	if !k.rx.put(unix.XDPDesc{Addr: at, Len: uint32(len(frame))}) {
		k.spare = append(k.spare, addr)
		return false
	}
	return true
}

// seqFrame writes a frame of n bytes that tells its number from one end to the other.
func seqFrame(b []byte, seq uint64, n int) []byte {
	b = b[:n]
	for i := 0; i+8 <= n; i += 8 {
		binary.BigEndian.PutUint64(b[i:], seq)
	}
	return b
}
