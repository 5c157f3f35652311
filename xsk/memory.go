package xsk

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// Memory is the far side of a Queue that OpenMemory made: what the kernel would have.
type Memory struct {
	Umem                     []byte
	FrameSize                int    // as in Config
	Fill, Completion, RX, TX []byte // rings: indices and flags where Layout says, then the slots to the end
	Layout                   unix.XDPRingOffset
}

// memoryLayout is how the kernel lays out a ring on a machine with cache lines of 64 bytes.
func memoryLayout() unix.XDPRingOffset {
	return unix.XDPRingOffset{Producer: 0, Consumer: 64, Flags: 128, Desc: 192}
}

// OpenMemory makes a Queue over ordinary memory, with no kernel behind it: for tests, which play the kernel's part on the
// Memory. Package xsktest does that for them. Every index starts from start, so that a test need not send 2^32 frames to
// see it wrap. send is what Kick calls in place of sendto(2).
//
// Ifindex, Umem and the preferences of cfg have no effect. The error wraps ErrConfig.
func OpenMemory(cfg Config, start uint32, send func() unix.Errno) (*Queue, *Memory, error) {
	cfg.Ifindex, cfg.Umem = 1, nil
	if err := cfg.Validate(); err != nil {
		return nil, nil, err
	}
	cfg = cfg.withDefaults()
	q := &Queue{label: fmt.Sprintf("%s queue %d", cfg.name(), cfg.Queue), layout: cfg.umemLayout()}
	q.info = Info{
		Interface: cfg.Interface,
		Queue:     cfg.Queue,
		Direction: cfg.Direction,
		TxBudget:  kernelTxBudget,
		UmemBytes: int(q.layout.size),
	}
	m := &Memory{Umem: make([]byte, q.layout.size), FrameSize: int(cfg.FrameSize), Layout: memoryLayout()}
	var fill, comp ring[uint64]
	var rx, tx ring[unix.XDPDesc]
	fill, m.Fill = newMemoryRing[uint64](cfg.FillSize, start)
	comp, m.Completion = newMemoryRing[uint64](cfg.CompletionSize, start)
	rx, m.RX = newMemoryRing[unix.XDPDesc](cfg.RxSize, start)
	tx, m.TX = newMemoryRing[unix.XDPDesc](cfg.TxSize, start)
	tx.flags.Store(unix.XDP_RING_NEED_WAKEUP) // as the kernel does when it creates the ring
	offerAll(&fill, q.layout)

	if cfg.Direction.transmits() {
		q.tx = newTxQueue(tx, comp, m.Umem, q.layout, 0, kicker{
			fd:     noSocket,
			name:   q.label,
			budget: kernelTxBudget,
			send:   func(int) unix.Errno { return send() },
		})
	}
	if cfg.Direction.receives() {
		q.rx = newRxQueue(noSocket, rx, fill, m.Umem, cfg.FrameSize)
		q.rx.look = func(int) unix.Errno { time.Sleep(memoryPoll); return 0 }
	}
	return q, m, nil
}

const (
	// noSocket is the descriptor of a Queue that has no socket.
	noSocket = -1

	// memoryPoll is how often Wait looks for frames on a Queue that has no socket to sleep on.
	memoryPoll = 50 * time.Microsecond
)

// newMemoryRing lays an empty ring of n slots over fresh memory, its indices starting from start.
func newMemoryRing[T slot](n, start uint32) (ring[T], []byte) {
	off := memoryLayout()
	mem := make([]byte, off.Desc+uint64(slotBytes[T](n)))
	r := viewRing[T](mem, off, n)
	r.producer.Store(start)
	r.consumer.Store(start)
	r.prod, r.cons = start, start
	return r, mem
}
