package xsk

import (
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// TxQueue sends frames. It is owned by one goroutine; only Counters may be called from others.
//
// Its memory is cut into slots. A slot is free, or it is with the kernel, from Submit until its completion has
// been reaped. What was written to a slot stays there when it comes back, so a sender of frames that differ in a
// few bytes writes the rest once, with Prefill.
type TxQueue struct {
	_ cacheLinePad

	tx        ring[unix.XDPDesc]
	comp      ring[uint64]
	umem      []byte
	slotSize  uint64
	metadata  uint64 // bytes of a slot before its frame
	frameSize uint64 // bytes of a slot that are its frame's
	length    uint32 // of a frame whose length is not set

	// order is the addresses of the frames at the places of the TX ring, twice over, and nil once completions came out
	// of order, or if there are not as many slots as places; see txorder.go. stale is how many of the places to be
	// written next may hold other descriptors than those that Reserve writes.
	order []uint64
	stale uint32

	// free is, without order, a stack of the addresses of the frames of free slots, the one used last on top, for the
	// caches' sake. Completions may come in any order. window is the slots that the last Reserve offered: the top of
	// free, or a part of order.
	free   []uint64
	window []uint64

	kernel  kicker
	dropped dropPlace
	count   TxCounters // the owner's

	_         cacheLinePad
	published txPublished
	_         cacheLinePad
}

// TxCounters are totals since Open.
type TxCounters struct {
	Submitted uint64 // frames handed to the kernel
	Completed uint64 // frames it has given back, sent or dropped
	Kicks     uint64 // system calls made to send
	Futile    uint64 // kicks after which the kernel had taken nothing
	Dropped   uint64 // frames the kernel took and said it dropped (EBUSY, copy mode only)
}

// CallsPerFrame returns how many system calls were made for each frame submitted; 0 if none was.
func (c TxCounters) CallsPerFrame() float64 {
	if c.Submitted == 0 {
		return 0
	}
	return float64(c.Kicks) / float64(c.Submitted)
}

// Add adds the counters of o to c.
func (c *TxCounters) Add(o TxCounters) {
	c.Submitted += o.Submitted
	c.Completed += o.Completed
	c.Kicks += o.Kicks
	c.Futile += o.Futile
	c.Dropped += o.Dropped
}

// txPublished is the copy of the owner's counters that other goroutines read, stored once a batch.
type txPublished struct {
	submitted, completed, kicks, futile, dropped atomic.Uint64
}

// newTxQueue puts a TxQueue on its rings. Every slot of l begins free.
func newTxQueue(tx ring[unix.XDPDesc], comp ring[uint64], umem []byte, l umemLayout, metadata uint32, k kicker) *TxQueue {
	q := &TxQueue{
		tx:        tx,
		comp:      comp,
		umem:      umem,
		slotSize:  uint64(l.slotSize),
		metadata:  uint64(metadata),
		frameSize: uint64(l.slotSize - metadata),
		length:    l.slotSize - metadata,
		order:     l.placesInOrder(len(tx.slots), uint64(metadata)),
		free:      make([]uint64, l.txSlots),
		kernel:    k,
	}
	if q.order != nil {
		q.free = q.free[:0]
		q.stale = uint32(len(tx.slots))
		return q
	}
	for i := range l.txSlots {
		// Reversed, so that the first slot is on top.
		q.free[l.txSlots-1-i] = l.txAddr(i) + q.metadata
	}
	return q
}

// Prefill copies frame, cut to the size of a slot, into every free slot and makes its length that of every frame
// whose length is not set. Call it before the first Reserve. It returns the length.
func (q *TxQueue) Prefill(frame []byte) int {
	frame = frame[:min(len(frame), int(q.frameSize))]
	if len(frame) == 0 {
		return 0
	}
	free := q.free
	if q.order != nil {
		free = q.places(q.tx.prod, uint32(q.available()))
		q.stale = 2 * uint32(len(q.tx.slots))
	}
	for _, addr := range free {
		copy(q.umem[addr:], frame)
	}
	q.length = uint32(len(frame))
	return len(frame)
}

// Reserve returns how many of n slots can be written and submitted now; fewer than n when the kernel still holds
// the others. It takes completions back when it is short of slots. Nothing is reserved for good: calling Reserve
// again without Submit offers slots anew, with their lengths unset.
func (q *TxQueue) Reserve(n int) int {
	if n > q.available() {
		q.Reap()
	}
	got := q.tx.reserve(uint32(max(min(n, q.available()), 0)))
	if q.order == nil {
		q.window = q.free[len(q.free)-int(got):]
		q.describe(got)
	} else if q.window = q.places(q.tx.prod, got); q.stale > 0 {
		q.describe(got)
	}
	return int(got)
}

// describe writes the descriptors of the n slots in window.
func (q *TxQueue) describe(n uint32) {
	head, tail := q.tx.spans(q.tx.prod, n)
	window := q.window[:len(head)]
	for i := range head {
		head[i] = unix.XDPDesc{Addr: window[i], Len: q.length}
	}
	window = q.window[len(head):]
	for i := range tail {
		tail[i] = unix.XDPDesc{Addr: window[i], Len: q.length}
	}
}

// FrameSize returns the length of the longest frame that can be sent, in bytes: TxSlotSize, or 24 less with TX metadata.
func (q *TxQueue) FrameSize() int { return int(q.frameSize) }

// Frame returns the buffer of the i-th reserved slot, FrameSize bytes, holding what was last written to it. i is
// bounded as an index into a slice is.
func (q *TxQueue) Frame(i int) []byte {
	addr := q.window[i]
	return q.umem[addr : addr+q.frameSize : addr+q.frameSize]
}

// Slots returns the reserved slots as offsets into the UMEM, FrameSize bytes each, for writers that take a batch at a
// time. Both are valid, and the offsets are to be left as they are, until the next call of Reserve, Submit or Reap.
func (q *TxQueue) Slots() (umem []byte, offsets []uint64) { return q.umem, q.window }

// SetLen makes the frame in the i-th reserved slot n bytes long, from 1 to FrameSize. A slot whose length is not
// set is sent as long as Prefill's frame, or whole. Both arguments are bounded as an index into a slice is: the
// kernel would lose a slot of length 0, and would send the next slot's bytes with one that is too long.
func (q *TxQueue) SetLen(i, n int) {
	_ = q.Frame(i)[n-1]
	q.desc(i).Len = uint32(n)
}

// desc returns the descriptor of the i-th reserved slot, to be changed. It is written anew when its place comes round:
// within a turn of the ring, and what is left of this one when the window has been submitted.
func (q *TxQueue) desc(i int) *unix.XDPDesc {
	q.stale = 2 * uint32(len(q.tx.slots))
	return &q.tx.slots[(q.tx.prod+uint32(i))&uint32(len(q.tx.slots)-1)]
}

// Submit hands the first n reserved frames to the kernel and gives the other slots back. The kernel may not look
// before Kick. n is bounded as a slice expression is.
func (q *TxQueue) Submit(n int) {
	rest := q.window[n:]
	if q.order == nil {
		base := len(q.free) - len(q.window)
		copy(q.free[base:], rest)
		q.free = q.free[:base+len(rest)]
	}
	q.window = nil
	q.stale -= min(q.stale, uint32(n))

	q.tx.submit(uint32(n))
	q.count.Submitted += uint64(n)
	q.published.submitted.Store(q.count.Submitted)
}

// Reap takes back the slots the kernel is done with and returns how many. Reserve calls it when it must. It ends a
// reservation that has not been submitted.
func (q *TxQueue) Reap() int {
	n := q.comp.peek(uint32(len(q.comp.slots)))
	if n == 0 {
		return 0
	}
	// window may be a part of free, which is about to grow.
	q.window = nil
	head, tail := q.comp.spans(q.comp.cons, n)
	if q.order != nil && !q.inTurn(head, tail) {
		q.endOrder()
	}
	if q.order == nil {
		q.push(head)
		q.push(tail)
	}
	q.comp.release(n)

	q.count.Completed += uint64(n)
	q.published.completed.Store(q.count.Completed)
	return int(n)
}

// push puts completed addresses on the stack. They are masked to the beginning of their slot's frame, since some
// kernels keep a tag in bit 0.
func (q *TxQueue) push(addrs []uint64) {
	base := len(q.free)
	// The stack was made as large as there are slots, so the kernel cannot give back more than fit.
	q.free = q.free[:min(base+len(addrs), cap(q.free))]
	mask := q.slotSize - 1
	for i := range q.free[base:] {
		q.free[base+i] = addrs[i]&^mask + q.metadata
	}
}

// Pending returns how many submitted frames have not been reaped.
func (q *TxQueue) Pending() int {
	return int(q.count.Submitted - q.count.Completed)
}

// Queued returns how many submitted frames the kernel has not taken yet. Those it has taken are on their way, or with
// the driver.
func (q *TxQueue) Queued() int {
	return int(q.tx.unconsumed())
}

// Drain kicks and reaps until nothing is pending or the timeout has passed, and returns what is pending then. The
// error is Kick's. It sleeps between tries, and it ends a reservation that has not been submitted.
func (q *TxQueue) Drain(timeout time.Duration) (int, error) {
	const pause = 100 * time.Microsecond
	for deadline := time.Now().Add(timeout); ; time.Sleep(pause) {
		_, err := q.Kick()
		q.Reap()
		if err != nil || q.Pending() == 0 || time.Now().After(deadline) {
			return q.Pending(), err
		}
	}
}

// Counters returns the totals as of the owner's last batch.
func (q *TxQueue) Counters() TxCounters {
	return TxCounters{
		Submitted: q.published.submitted.Load(),
		Completed: q.published.completed.Load(),
		Kicks:     q.published.kicks.Load(),
		Futile:    q.published.futile.Load(),
		Dropped:   q.published.dropped.Load(),
	}
}
