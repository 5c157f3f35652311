package xsk

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// cacheLinePad keeps what two goroutines write apart: two lines, because processors fetch them in pairs.
type cacheLinePad [128]byte

// RxQueue receives frames. It is owned by one goroutine; only FD and Counters may be called from others.
type RxQueue struct {
	_ cacheLinePad

	rx        ring[unix.XDPDesc]
	fill      ring[uint64]
	umem      []byte
	frameMask uint64 // FrameSize-1

	// head and tail are the frames that the last Receive returned: ring slots, in two pieces where they pass
	// the end of the ring.
	head, tail []unix.XDPDesc

	fd       int
	zeroCopy bool
	multi    bool // a packet may consist of several frames

	// look, if it is not nil, is what Wait does again and again in place of sleeping until a frame has come.
	look func(fd int) unix.Errno

	wake     func(fd int) // asks the driver to look at the fill ring
	poll     [1]unix.PollFd
	received uint64
	wakeups  uint64

	_         cacheLinePad
	published rxPublished
	_         cacheLinePad
}

// rxPublished is the copy of the owner's counters that other goroutines read, stored once a batch.
type rxPublished struct {
	received, wakeups atomic.Uint64
}

// RxCounters are totals since Open. What the kernel dropped before it reached the RX ring is in Stats.
type RxCounters struct {
	Received uint64 // frames released by the owner
	Wakeups  uint64 // system calls that woke the driver to refill, zero-copy only
}

// Add adds the counters of o to c.
func (c *RxCounters) Add(o RxCounters) {
	c.Received += o.Received
	c.Wakeups += o.Wakeups
}

// newRxQueue puts an RxQueue on its rings. The fill ring is expected to hold every receive frame.
func newRxQueue(fd int, rx ring[unix.XDPDesc], fill ring[uint64], umem []byte, frameSize uint32) *RxQueue {
	q := &RxQueue{
		rx:        rx,
		fill:      fill,
		umem:      umem,
		frameMask: uint64(frameSize) - 1,
		fd:        fd,
		wake:      wakeReceive,
	}
	q.poll[0] = unix.PollFd{Fd: int32(fd), Events: unix.POLLIN}
	return q
}

// FD returns the socket to put into an XSKMAP at the index of the queue. It stays owned by the Queue; closing the
// Queue takes it out of the map.
func (q *RxQueue) FD() int { return q.fd }

// Receive returns how many frames, up to limit, are waiting. They are the oldest that have not been released:
// calling Receive again without Release returns the same ones, and any that came since. It makes no system call.
//
// With multi-buffer it returns whole packets only, and one packet at least if there is one, even if that is more frames
// than limit.
func (q *RxQueue) Receive(limit int) int {
	if limit <= 0 {
		q.head, q.tail = nil, nil
		return 0
	}
	n := q.rx.peek(uint32(min(limit, len(q.rx.slots))))
	if q.multi && n > 0 {
		n = q.wholePackets(n)
	}
	q.head, q.tail = q.rx.spans(q.rx.cons, n)
	return int(n)
}

// Frame returns the i-th frame of the last Receive, in place. It may be changed; it is valid until it is released.
// Its capacity ends with its chunk of the UMEM. i is bounded as an index into a slice is.
func (q *RxQueue) Frame(i int) []byte {
	d := q.desc(i)
	end := (d.Addr | q.frameMask) + 1
	return q.umem[d.Addr : d.Addr+uint64(d.Len) : end]
}

// desc returns the descriptor of the i-th frame.
func (q *RxQueue) desc(i int) *unix.XDPDesc {
	if i < len(q.head) {
		return &q.head[i]
	}
	return &q.tail[i-len(q.head)]
}

// Release gives the first n frames of the last Receive back to the kernel to receive into. The frames after them
// become the first of the next Receive. n is bounded as a slice expression is.
func (q *RxQueue) Release(n int) {
	if n == 0 {
		return
	}
	head := q.head[:min(n, len(q.head))]
	tail := q.tail[:n-len(head)]

	// There is room for all: there are at most as many frames as the fill ring has slots, and these are not in it.
	to := q.fill.prod
	for _, descs := range [2][]unix.XDPDesc{head, tail} {
		q.refill(to, descs)
		to += uint32(len(descs))
	}
	q.rx.release(uint32(n))
	q.fill.submit(uint32(n))
	q.head, q.tail = nil, nil

	q.received += uint64(n)
	q.published.received.Store(q.received)
	if q.zeroCopy && q.fill.needsWakeup() {
		q.wake(q.fd)
		q.wakeups++
		q.published.wakeups.Store(q.wakeups)
	}
}

// refill writes the chunks that descs lie in to the fill ring, from index to on.
func (q *RxQueue) refill(to uint32, descs []unix.XDPDesc) {
	head, tail := q.fill.spans(to, uint32(len(descs)))
	for i := range head {
		head[i] = descs[i].Addr &^ q.frameMask
	}
	descs = descs[len(head):]
	for i := range tail {
		tail[i] = descs[i].Addr &^ q.frameMask
	}
}

// Wait returns when a frame is waiting or the timeout has passed, whichever is first; Receive tells which. A
// negative timeout waits for ever. It makes no system call if a frame is waiting already. An interface that is
// down receives nothing and is no error. With busy polling it does not sleep but has the driver look again and again.
func (q *RxQueue) Wait(timeout time.Duration) error {
	if q.rx.peek(1) > 0 {
		return nil
	}
	if q.look != nil {
		return q.watch(timeout)
	}
	start := time.Now()
	for left := timeout; ; left = max(timeout-time.Since(start), 0) {
		var ts *unix.Timespec
		if timeout >= 0 {
			t := unix.NsecToTimespec(int64(left))
			ts = &t
		}
		_, err := unix.Ppoll(q.poll[:], ts, nil)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return fmt.Errorf("wait for frames: %w", os.NewSyscallError("poll", err))
		}
		if q.poll[0].Revents&unix.POLLNVAL != 0 {
			return fmt.Errorf("wait for frames: %w", os.ErrClosed)
		}
		return nil
	}
}

// watch is Wait by looking.
func (q *RxQueue) watch(timeout time.Duration) error {
	for start := time.Now(); q.rx.peek(1) == 0; {
		if errno := q.look(q.fd); errno == unix.EBADF || errno == unix.ENOTSOCK {
			return fmt.Errorf("wait for frames: %w", os.ErrClosed)
		}
		if timeout >= 0 && time.Since(start) >= timeout {
			break
		}
	}
	return nil
}

// pollDriver has the driver look for frames, for busy polling. The scheduler is told: it may handle a whole budget of them.
func pollDriver(fd int) unix.Errno {
	_, _, errno := unix.Syscall6(unix.SYS_RECVFROM, uintptr(fd), 0, 0, unix.MSG_DONTWAIT, 0, 0)
	return errno
}

// Counters returns the totals as of the owner's last batch.
func (q *RxQueue) Counters() RxCounters {
	return RxCounters{
		Received: q.published.received.Load(),
		Wakeups:  q.published.wakeups.Load(),
	}
}

// wakeReceive asks a driver that sleeps on its fill ring to go on. What it returns does not matter: a driver that
// could not be woken leaves the flag set, and the next Release or Wait tries again.
func wakeReceive(fd int) {
	_, _, _ = unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), 0, 0, unix.MSG_DONTWAIT, 0, 0)
}
