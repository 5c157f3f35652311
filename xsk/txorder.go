package xsk

// Slots in the order of the ring.
//
// A queue with as many slots as its TX ring has places begins in order: the frame at a place of the ring is always in
// the slot of the same number. Which slots are free follows from two counts, frames submitted and completed, and a
// descriptor, once written, stays right: Reserve need not touch the ring, which in zero-copy mode the driver's
// processor reads at the same time.
//
// That holds as long as frames are completed in the order in which they were submitted. Drivers with one ring of their
// own do that; copy mode does, too, until it drops a frame while earlier ones are on their way. The first completion
// out of turn ends it for good: the free slots go on the stack. Setting a length costs the second gain until all places
// have been written anew.

// placesInOrder returns the addresses of the frames in l's slots, twice over, so that those of any places in a row, past
// the end of the ring as well, are one slice. It returns nil if slots and places differ in number.
func (l umemLayout) placesInOrder(places int, metadata uint64) []uint64 {
	if int(l.txSlots) != places {
		return nil
	}
	addrs := make([]uint64, 2*places)
	for i := range addrs {
		addrs[i] = l.txAddr(uint32(i%places)) + metadata
	}
	return addrs
}

// places returns the addresses of the frames at n places of the TX ring from index i on. The queue is in order.
func (q *TxQueue) places(i, n uint32) []uint64 {
	i &= uint32(len(q.tx.slots)) - 1
	return q.order[i : i+n : i+n]
}

// inTurn reports whether the addresses in head and tail, all that have been completed, are those of the oldest pending
// frames, in their order.
func (q *TxQueue) inTurn(head, tail []uint64) bool {
	pending := q.Pending()
	if len(head)+len(tail) > pending {
		return false
	}
	want := q.places(q.tx.prod-uint32(pending), uint32(len(head)+len(tail)))
	diff := differ(head, want) | differ(tail, want[len(head):])
	return diff&^(q.slotSize-1) == 0
}

// differ returns the bits in which any address differs from the one wanted in its place. want is at least as long.
func differ(addrs, want []uint64) (diff uint64) {
	want = want[:len(addrs)]
	for i, addr := range addrs {
		diff |= addr ^ want[i]
	}
	return diff
}

// endOrder puts the free slots on the stack.
func (q *TxQueue) endOrder() {
	q.free = append(q.free[:0], q.places(q.tx.prod, uint32(q.available()))...)
	q.order = nil
}

// available returns how many slots are free.
func (q *TxQueue) available() int {
	if q.order != nil {
		return len(q.tx.slots) - q.Pending()
	}
	return len(q.free)
}
