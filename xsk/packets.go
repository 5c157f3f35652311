package xsk

import (
	"iter"

	"golang.org/x/sys/unix"
)

// Packet is a received packet: one frame, or with multi-buffer several. It is valid until it is released.
type Packet struct {
	queue         *RxQueue
	first, frames int
}

// Packets returns the packets of the last Receive, in order. To release them, release all the frames:
//
//	n := rx.Receive(64)
//	for p := range rx.Packets() {
//		for piece := range p.Pieces() {
//			handle(piece)
//		}
//	}
//	rx.Release(n)
func (q *RxQueue) Packets() iter.Seq[Packet] {
	return func(yield func(Packet) bool) {
		total := len(q.head) + len(q.tail)
		for first, i := 0, 0; i < total; i++ {
			if q.desc(i).Options&unix.XDP_PKT_CONTD != 0 && i+1 < total {
				continue
			}
			if !yield(Packet{queue: q, first: first, frames: i + 1 - first}) {
				return
			}
			first = i + 1
		}
	}
}

// Frames returns how many frames p has: as many as Release must be told for it.
func (p Packet) Frames() int { return p.frames }

// First returns the first frame of p, in place: at least the headers. It is all of p unless p has several.
func (p Packet) First() []byte { return p.queue.Frame(p.first) }

// Len returns the length of p in bytes.
func (p Packet) Len() (n int) {
	for i := range p.frames {
		n += int(p.queue.desc(p.first + i).Len)
	}
	return n
}

// Pieces returns the frames of p, in order and in place.
func (p Packet) Pieces() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for i := range p.frames {
			if !yield(p.queue.Frame(p.first + i)) {
				return
			}
		}
	}
}

// AppendTo appends the bytes of p to b and returns the whole.
func (p Packet) AppendTo(b []byte) []byte {
	for piece := range p.Pieces() {
		b = append(b, piece...)
	}
	return b
}

// wholePackets returns how many of the n frames that wait are of packets that are whole among them, or of how many frames
// the first packet is; 0 if not all of it is there.
func (q *RxQueue) wholePackets(n uint32) uint32 {
	mask := uint32(len(q.rx.slots)) - 1
	goesOn := func(i uint32) bool { return q.rx.slots[(q.rx.cons+i)&mask].Options&unix.XDP_PKT_CONTD != 0 }
	for whole := n; whole > 0; whole-- {
		if !goesOn(whole - 1) {
			return whole
		}
	}
	for all := q.rx.peek(uint32(len(q.rx.slots))); n < all; n++ {
		if !goesOn(n) {
			return n + 1
		}
	}
	return 0
}
