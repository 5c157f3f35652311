package xsk

import (
	"encoding/binary"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/xsk/internal/kernelside"
)

// fakeRing is the kernel's end of a ring that lies in ordinary memory.
type fakeRing[T kernelside.Slot] = kernelside.Ring[T]

// newFakeRing lays an empty ring of n slots over fresh memory, its indices starting from start, and returns our end
// and the kernel's.
func newFakeRing[T slot](n, start uint32) (ring[T], fakeRing[T]) {
	r, mem := newMemoryRing[T](n, start)
	return r, kernelside.View[T](mem, memoryLayout())
}

// fakeKernel plays the kernel's part behind a TxQueue and an RxQueue.
type fakeKernel struct {
	umem     []byte
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
	k := &fakeKernel{}
	cfg.Interface = "fake"
	q, m, err := OpenMemory(cfg, start, func() unix.Errno { return k.sendCall(k) })
	if err != nil {
		tb.Fatal(err)
	}
	k.umem = m.Umem
	k.fill = kernelside.View[uint64](m.Fill, m.Layout)
	k.comp = kernelside.View[uint64](m.Completion, m.Layout)
	k.rx = kernelside.View[unix.XDPDesc](m.RX, m.Layout)
	k.tx = kernelside.View[unix.XDPDesc](m.TX, m.Layout)
	return q.TX(), q.RX(), k
}

// freeSlots returns the addresses of the frames of the free slots.
func freeSlots(q *TxQueue) []uint64 {
	if q.order != nil {
		return q.places(q.tx.prod, uint32(q.available()))
	}
	return q.free
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
		if addr, ok = k.fill.Take(); !ok {
			return false
		}
	}
	at := addr + unix.XDP_PACKET_HEADROOM
	copy(k.umem[at:], frame)
	if !k.rx.Put(unix.XDPDesc{Addr: at, Len: uint32(len(frame))}) {
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
