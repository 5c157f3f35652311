package xsk

import (
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// slot is what a ring carries: a frame's address in the fill and completion rings, its address and length in RX
// and TX.
type slot interface {
	uint64 | unix.XDPDesc
}

// ring is one single-producer single-consumer ring shared with the kernel.
//
// producer and consumer count slots since the ring was made and wrap at 2^32; their difference is what the ring
// holds. We write one of the two and read the other. Reading the kernel's moves a cache line between processors,
// so prod and cons keep the last value seen, and the shared word is read again only when that is not enough.
//
// reserve and peek never move an index: they may be repeated, and asked for more than is taken.
type ring[T slot] struct {
	producer *atomic.Uint32
	consumer *atomic.Uint32
	flags    *atomic.Uint32 // written by the kernel: XDP_RING_NEED_WAKEUP
	slots    []T            // length is a power of two

	prod uint32 // ours when we produce, else the kernel's as last seen
	cons uint32 // ours when we consume, else the kernel's as last seen
}

// reserve returns how many of n slots, from index prod on, the producer may write.
func (r *ring[T]) reserve(n uint32) uint32 {
	size := uint32(len(r.slots))
	free := size - (r.prod - r.cons)
	if free < n {
		r.cons = r.consumer.Load() // acquire: the kernel is done with these slots
		free = size - (r.prod - r.cons)
	}
	return min(n, free)
}

// submit hands the next n slots, which reserve granted, to the consumer.
func (r *ring[T]) submit(n uint32) {
	r.prod += n
	r.producer.Store(r.prod) // release: the slots are written
}

// peek returns how many of n slots, from index cons on, the consumer may read.
func (r *ring[T]) peek(n uint32) uint32 {
	filled := r.prod - r.cons
	if filled < n {
		r.prod = r.producer.Load() // acquire: the kernel has written these slots
		filled = r.prod - r.cons
	}
	return min(n, filled)
}

// release gives the next n slots, which peek granted, back to the producer.
func (r *ring[T]) release(n uint32) {
	r.cons += n
	r.consumer.Store(r.cons) // release: the slots have been read
}

// spans returns the n slots from index i on, in one piece or, where they pass the end of the ring, in two. One
// bounds check a batch instead of one a slot.
func (r *ring[T]) spans(i, n uint32) (head, tail []T) {
	i &= uint32(len(r.slots)) - 1
	head = r.slots[i:]
	if uint32(len(head)) >= n {
		return head[:n], nil
	}
	return head, r.slots[:n-uint32(len(head))]
}

// unconsumed returns how many submitted slots the kernel has not taken yet, as the shared index says now.
func (r *ring[T]) unconsumed() uint32 {
	r.cons = r.consumer.Load()
	return r.prod - r.cons
}

// needsWakeup reports whether the kernel sleeps on this ring until it is called.
func (r *ring[T]) needsWakeup() bool {
	return r.flags.Load()&unix.XDP_RING_NEED_WAKEUP != 0
}
