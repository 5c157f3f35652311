package scan

import (
	"sync/atomic"

	"github.com/xsweep/xsweep/packet"
)

// A resetQueue carries the RSTs that a receiver owes to the sender of its choice, because only the sender may touch
// the transmit ring. One goroutine pushes, one pops; neither waits.
type resetQueue struct {
	pushed atomic.Uint32
	_      [cacheLine]byte
	popped atomic.Uint32
	_      [cacheLine]byte
	slots  [resetSlots]packet.Probe
}

const (
	resetSlots = 8192 // a power of two; 100 ms of answers at 80,000 per second
	cacheLine  = 128  // two lines: CPUs fetch them in pairs
)

// push adds one connection to close, or returns false when the queue is full.
func (q *resetQueue) push(conn packet.Probe) bool {
	at := q.pushed.Load()
	if at-q.popped.Load() == resetSlots {
		return false
	}
	q.slots[at%resetSlots] = conn
	q.pushed.Store(at + 1)
	return true
}

// peek copies the oldest connections into batch and leaves them in the queue.
func (q *resetQueue) peek(batch []packet.Probe) int {
	at := q.popped.Load()
	n := min(int(q.pushed.Load()-at), len(batch))
	for i := range n {
		batch[i] = q.slots[(at+uint32(i))%resetSlots]
	}
	return n
}

// len is the number of connections in the queue.
func (q *resetQueue) len() int { return int(q.pushed.Load() - q.popped.Load()) }

// pop drops the n oldest.
func (q *resetQueue) pop(n int) { q.popped.Add(uint32(n)) }
