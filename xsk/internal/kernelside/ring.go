package kernelside

import (
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// Slot is what a ring carries.
type Slot interface {
	uint64 | unix.XDPDesc
}

// Ring is one end of a ring: the consumer's of TX and fill, the producer's of RX and completion. One goroutine owns it.
type Ring[T Slot] struct {
	Producer, Consumer, Flags *atomic.Uint32
	Slots                     []T // length is a power of two
}

// Put produces one slot, and reports false if the ring is full.
func (r *Ring[T]) Put(v T) bool {
	p := r.Producer.Load()
	if p-r.Consumer.Load() == uint32(len(r.Slots)) {
		return false
	}
	r.Slots[p%uint32(len(r.Slots))] = v
	r.Producer.Store(p + 1)
	return true
}

// Take consumes one slot, and reports false if the ring is empty.
func (r *Ring[T]) Take() (v T, ok bool) {
	c := r.Consumer.Load()
	if c == r.Producer.Load() {
		return v, false
	}
	v = r.Slots[c%uint32(len(r.Slots))]
	r.Consumer.Store(c + 1)
	return v, true
}

// Len returns how many slots the ring holds.
func (r *Ring[T]) Len() int { return int(r.Producer.Load() - r.Consumer.Load()) }

// SetNeedWakeup sets or clears the flag that asks for a system call.
func (r *Ring[T]) SetNeedWakeup(on bool) {
	if on {
		r.Flags.Store(unix.XDP_RING_NEED_WAKEUP)
	} else {
		r.Flags.Store(0)
	}
}
