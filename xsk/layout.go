package xsk

// umemLayout says how a part of a UMEM is divided: whole chunks for receiving, then packed slots for sending.
type umemLayout struct {
	base      uint64 // where the part begins, whole chunks into the UMEM
	rxFrames  uint32
	frameSize uint32
	txOffset  uint64 // where the slots begin, from base
	txSlots   uint32
	slotSize  uint32
	size      uint64 // bytes in all, whole chunks
}

// umemLayout works out the layout for c.
//
// A sender alone gets receive frames too, unless it is in copy mode: a driver in zero-copy receives everything
// that reaches the queue into this UMEM, what an XDP program passes on to the host included, and some drivers
// wedge on a fill ring that was never filled.
func (c Config) umemLayout() umemLayout {
	l := umemLayout{frameSize: c.FrameSize, slotSize: c.TxSlotSize}
	if c.Direction.receives() || c.Bind != BindCopy {
		l.rxFrames = c.RxFrames
	}
	if c.Direction.transmits() {
		l.txSlots = c.TxSlots
	}
	l.txOffset = uint64(l.rxFrames) * uint64(c.FrameSize)
	chunk := uint64(c.FrameSize)
	l.size = (l.txOffset + uint64(l.txSlots)*uint64(c.TxSlotSize) + chunk - 1) / chunk * chunk
	return l
}

// rxAddr returns the address of the i-th receive frame.
func (l umemLayout) rxAddr(i uint32) uint64 { return l.base + uint64(i)*uint64(l.frameSize) }

// txAddr returns the address of the i-th slot. Addresses are even, as some kernels use bit 0 of a completion.
func (l umemLayout) txAddr(i uint32) uint64 {
	return l.base + l.txOffset + uint64(i)*uint64(l.slotSize)
}

// offerAll puts every receive frame of l into the empty fill ring.
func offerAll(fill *ring[uint64], l umemLayout) {
	head, tail := fill.spans(fill.prod, l.rxFrames)
	for i := range head {
		head[i] = l.rxAddr(uint32(i))
	}
	for i := range tail {
		tail[i] = l.rxAddr(uint32(len(head) + i))
	}
	fill.submit(l.rxFrames)
}
