package xsk

import "golang.org/x/sys/unix"

// dropPlace is where in the TX ring the frame lay that the kernel dropped last.
//
// In copy mode a call that answers EBUSY has dropped the last frame that it took. It publishes its index only if it sent
// another one before; else the index comes with a later call, by what xsk_generic_xmit does when it has seen the end of
// what was submitted (xskq_cons_get_entries). unseen is how many frames the kernel has taken beyond the shared index.
type dropPlace struct {
	index  uint32
	unseen uint32
}

// follow is told of one call: what it came to, by how many frames the shared index has moved, and where it is now.
func (d *dropPlace) follow(res KickResult, moved, consumer uint32) {
	switch {
	case res != KickDropped:
		d.unseen -= min(moved, d.unseen)
	case moved > d.unseen: // others were sent before it
		d.index, d.unseen = consumer-1, 0
	default:
		d.unseen -= moved
		d.index = consumer + d.unseen
		d.unseen++
	}
}

// Again submits the frame that the last Kick dropped once more, behind those that wait, and reports whether there was
// room for it. There may be none in a ring that was full: the place of a frame that was dropped is not always free at
// once. Call it right after a Kick that returned KickDropped, and once, for whoever reserves the slot next writes over
// the frame. It ends a reservation that has not been submitted.
func (q *TxQueue) Again() bool {
	old := q.tx.slots[q.dropped.index&uint32(len(q.tx.slots)-1)]
	if q.Reserve(1) == 0 {
		return false
	}
	frame := q.umem[old.Addr-q.metadata : old.Addr+uint64(old.Len)]
	addr := q.window[0]
	copy(q.umem[addr-q.metadata:], frame)
	*q.desc(0) = unix.XDPDesc{Addr: addr, Len: old.Len, Options: old.Options}
	q.Submit(1)
	return true
}
