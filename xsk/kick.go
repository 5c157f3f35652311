package xsk

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// ErrNoTxQueue is wrapped by Kick's error where the interface has a receive queue of this number but no transmit
// queue. The kernel would keep such frames for ever without a word.
var ErrNoTxQueue = errors.New("interface has no such transmit queue")

const (
	// kernelTxBudget is how many frames one system call sends in copy mode before Linux 6.17 (TX_BATCH_SIZE).
	kernelTxBudget = 32

	// maxKickCalls bounds one Kick, so that its owner gets to reap, to look at the clock and to stop. On old
	// kernels it lets 512 frames through, about a third of a millisecond.
	maxKickCalls = 16
)

// KickResult says how a Kick ended.
type KickResult uint8

// The results of Kick, and what to do about each.
const (
	// KickDrained: the kernel has taken every submitted frame.
	KickDrained KickResult = iota

	// KickAwake: the driver is at work (zero-copy) and will take the frames with no further call.
	KickAwake

	// KickBudget: frames are left only because one Kick sends no more. Kick again at once.
	KickBudget

	// KickBackpressure: the kernel takes no more now: the device's queue or the send buffer is full. Frames stay
	// in the ring and are not lost. Reap, pause, kick again.
	KickBackpressure

	// KickDropped: the kernel took a frame and dropped it, because the device would not have it; it is counted in
	// TxCounters.Dropped, and Again sends it once more. Frames may be left. Kicking on at once is likely to lose more;
	// pause first.
	KickDropped

	// KickDown: the interface is down; the error wraps ENETDOWN. Frames stay in the ring.
	KickDown

	// KickFailed: the kernel refused for another reason, which the error wraps. ENXIO is an interface that has
	// gone, or a driver whose zero-copy mode wants an XDP program attached.
	KickFailed
)

// kickNames is indexed by KickResult.
var kickNames = [...]string{
	KickDrained:      "drained",
	KickAwake:        "awake",
	KickBudget:       "budget",
	KickBackpressure: "back-pressure",
	KickDropped:      "dropped",
	KickDown:         "down",
	KickFailed:       "failed",
}

// String returns a word for r.
func (r KickResult) String() string {
	if int(r) < len(kickNames) {
		return kickNames[r]
	}
	return fmt.Sprintf("KickResult(%d)", uint8(r))
}

// kicker is what Kick needs to know of the socket behind the TX ring.
type kicker struct {
	fd       int
	name     string // for messages: "eth0 queue 3"
	zeroCopy bool
	busy     bool   // the driver works only inside calls
	budget   uint32 // frames one call sends at most, copy mode
	send     func(fd int) unix.Errno
}

// Kick makes the kernel send what has been submitted, if it waits to be told. In copy mode the frames are sent
// within the call; in zero-copy the driver is woken. The call is repeated only while the kernel stops for its own
// budget and nothing else, and at most 16 times.
//
// With busy polling every Kick calls the kernel while frames are pending.
//
// Progress is judged by how far the kernel's index has moved, because EAGAIN has four meanings and 0 has three.
func (q *TxQueue) Kick() (KickResult, error) {
	left := q.tx.unconsumed()
	switch {
	case q.kernel.busy && q.Pending() > 0: // completions, too, come out of calls
	case left == 0:
		return KickDrained, nil
	case !q.tx.needsWakeup():
		return KickAwake, nil
	}
	res, errno := KickBudget, unix.Errno(0)
	for range maxKickCalls {
		errno = q.kernel.send(q.kernel.fd)
		before := left
		left = q.tx.unconsumed()
		res = q.kernel.judge(errno, before-left, left)
		q.dropped.follow(res, before-left, q.tx.cons)
		q.countKick(res, before-left)
		if res != KickBudget {
			break
		}
	}
	q.publishKicks()
	if res == KickDown || res == KickFailed {
		return res, q.kernel.wrap(errno)
	}
	return res, nil
}

// judge turns what one call returned, how many frames it took and how many are left into a result.
func (k *kicker) judge(errno unix.Errno, moved, left uint32) KickResult {
	switch errno {
	case unix.ENETDOWN:
		return KickDown
	case unix.EBUSY:
		if !k.zeroCopy {
			// One frame was taken and dropped. The index shows it only if others were sent before it in the
			// same call, so it is not asked.
			return KickDropped
		}
	case 0, unix.EAGAIN, unix.ENOBUFS, unix.ENOMEM, unix.EINTR:
	default:
		return KickFailed
	}
	switch {
	case left == 0:
		return KickDrained
	case k.zeroCopy && errno == 0:
		return KickAwake
	case !k.zeroCopy && moved >= k.budget:
		return KickBudget
	case !k.zeroCopy && errno == 0 && moved == 0:
		// The completion ring cannot be the reason: it has room for every slot.
		return KickFailed
	default:
		return KickBackpressure
	}
}

// wrap makes the error for a call that returned errno.
func (k *kicker) wrap(errno unix.Errno) error {
	if errno == 0 {
		return fmt.Errorf("send on %s: %w", k.name, ErrNoTxQueue)
	}
	return fmt.Errorf("send on %s: %w", k.name, os.NewSyscallError("sendto", errno))
}

// countKick adds one system call to the owner's counters.
func (q *TxQueue) countKick(res KickResult, moved uint32) {
	q.count.Kicks++
	switch {
	case res == KickDropped:
		q.count.Dropped++
	case moved == 0 && res != KickAwake && res != KickDrained:
		q.count.Futile++
	}
}

// publishKicks lets other goroutines see the counters that Kick changes.
func (q *TxQueue) publishKicks() {
	q.published.kicks.Store(q.count.Kicks)
	q.published.futile.Store(q.count.Futile)
	q.published.dropped.Store(q.count.Dropped)
}

// sendCopy runs the transmit path of copy mode, for up to half a microsecond a frame. The Go scheduler is told, so
// that a stop of the world need not wait for it.
func sendCopy(fd int) unix.Errno {
	_, _, errno := unix.Syscall6(unix.SYS_SENDTO, uintptr(fd), 0, 0, unix.MSG_DONTWAIT, 0, 0)
	return errno
}

// wakeTransmit wakes a driver in zero-copy mode, which takes less time than telling the scheduler.
func wakeTransmit(fd int) unix.Errno {
	_, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), 0, 0, unix.MSG_DONTWAIT, 0, 0)
	return errno
}
