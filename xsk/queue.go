package xsk

import (
	"errors"
	"fmt"
	"math"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Queue is one queue of a network interface, opened for receiving, for sending, or for both.
//
// Its RxQueue and TxQueue may be used by two goroutines at once, one each. Info and Stats may be called from any.
// Close only after both have stopped: it unmaps the memory under their frames.
type Queue struct {
	label string // for messages: "eth0 queue 3"
	info  Info
	rx    *RxQueue
	tx    *TxQueue

	// owner has the UMEM, the fill ring and the completion ring; it is rxSock, or txSock if there is no other.
	owner, rxSock, txSock *socket
	umem                  []byte

	mu     sync.Mutex // guards closed, and the descriptors against Stats
	closed bool
}

// Info says what Open obtained.
type Info struct {
	Ifindex   int
	Interface string // as in Config
	Queue     uint32
	Direction Direction

	ZeroCopy      bool  // else copy mode
	ZeroCopyError error // why zero-copy was refused, wrapping the errno; nil if it was granted or not asked for
	NeedWakeup    bool  // the kernel says when it must be called

	TxBudget   int // frames that one system call sends at most in copy mode; 32 before Linux 6.17
	SendBuffer int // bytes of frames in flight in copy mode, as the kernel counts them; 0 if unknown
	UmemBytes  int // locked memory
}

// Open opens one queue of one interface, in the network namespace of the calling thread. It needs CAP_NET_RAW.
//
// The error wraps ErrConfig for a Config no kernel would take, and then nothing was tried; else the errno:
//
//	EAFNOSUPPORT  the kernel has no AF_XDP
//	EPERM         no CAP_NET_RAW
//	ENOBUFS       the UMEM is larger than RLIMIT_MEMLOCK; the message says how large it is
//	ENODEV        there is no such interface
//	EINVAL        the interface has no such queue (or zero-copy was required and its MTU exceeds FrameSize)
//	EBUSY         another socket has the queue, and kept it for the second that Open waits
//	EOPNOTSUPP    zero-copy was required and the driver has none
//
// The queue should have a transmit queue of the same number if it is to send: else Kick returns ErrNoTxQueue.
func Open(cfg Config) (*Queue, error) {
	return open(cfg, busyWait)
}

// open is Open with a chosen time to wait for a busy queue.
func open(cfg Config, wait time.Duration) (*Queue, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	q := &Queue{label: fmt.Sprintf("%s queue %d", cfg.name(), cfg.Queue)}
	if err := q.open(cfg, wait); err != nil {
		_ = q.Close() // nothing has been sent or received yet: the first error is the one that matters
		return nil, fmt.Errorf("open AF_XDP socket on %s: %w", q.label, err)
	}
	return q, nil
}

// open makes the sockets and rings. What it made before an error is left for Close.
func (q *Queue) open(cfg Config, wait time.Duration) error {
	layout := cfg.umemLayout()
	q.info = Info{
		Ifindex:   cfg.Ifindex,
		Interface: cfg.Interface,
		Queue:     cfg.Queue,
		Direction: cfg.Direction,
		UmemBytes: int(layout.size),
	}
	fill, comp, err := q.openOwner(cfg, layout)
	if err != nil {
		return err
	}
	if cfg.Direction.receives() {
		q.rxSock = q.owner
		if err := q.openRx(cfg, fill); err != nil {
			return err
		}
	} else {
		q.txSock = q.owner
		if err := q.openTx(cfg, comp, layout); err != nil {
			return err
		}
	}
	if err := q.bindOwner(cfg, wait); err != nil {
		return err
	}
	if cfg.Direction != Both {
		return nil
	}
	return q.openSharedTx(cfg, comp, layout)
}

// openOwner opens the first socket, registers the UMEM with it and fills its fill ring. Filling comes before bind:
// some drivers take their first frames during bind, and never again if there are none.
func (q *Queue) openOwner(cfg Config, l umemLayout) (fill, comp ring[uint64], err error) {
	s, err := newSocket()
	if err != nil {
		return fill, comp, err
	}
	q.owner = s
	if q.umem, err = mapUmem(l.size); err != nil {
		return fill, comp, err
	}
	if err = registerUmem(s.fd, q.umem, l.frameSize); err != nil {
		return fill, comp, err
	}
	if fill, err = newRing[uint64](s, fillRing, s.off.Fr, cfg.FillSize); err != nil {
		return fill, comp, fmt.Errorf("fill ring of %d slots: %w", cfg.FillSize, err)
	}
	if comp, err = newRing[uint64](s, completionRing, s.off.Cr, cfg.CompletionSize); err != nil {
		return fill, comp, fmt.Errorf("completion ring of %d slots: %w", cfg.CompletionSize, err)
	}
	offerAll(&fill, l)
	return fill, comp, nil
}

// openRx gives the receiving socket its RX ring.
func (q *Queue) openRx(cfg Config, fill ring[uint64]) error {
	rx, err := newRing[unix.XDPDesc](q.rxSock, rxRing, q.rxSock.off.Rx, cfg.RxSize)
	if err != nil {
		return fmt.Errorf("RX ring of %d slots: %w", cfg.RxSize, err)
	}
	q.rx = newRxQueue(q.rxSock.fd, rx, fill, q.umem, cfg.FrameSize)
	return nil
}

// openTx gives the sending socket its TX ring and the room to use it.
func (q *Queue) openTx(cfg Config, comp ring[uint64], l umemLayout) error {
	s := q.txSock
	tx, err := newRing[unix.XDPDesc](s, txRing, s.off.Tx, cfg.TxSize)
	if err != nil {
		return fmt.Errorf("TX ring of %d slots: %w", cfg.TxSize, err)
	}
	// An skb is charged with its own size and that of its buffer, or of a whole chunk where the driver lets the
	// kernel attach UMEM pages; the kernel doubles what is asked for.
	q.info.SendBuffer = s.raiseSendBuffer(int(min(uint64(l.txSlots)*(uint64(l.frameSize)+1024), math.MaxInt32/2)))
	q.info.TxBudget = s.raiseTxBudget(cfg.TxSize)
	q.tx = newTxQueue(tx, comp, q.umem, l, kicker{
		fd:     s.fd,
		name:   q.label,
		budget: uint32(q.info.TxBudget),
		send:   sendCopy,
	})
	return nil
}

// bindOwner binds the first socket and notes what mode it obtained.
func (q *Queue) bindOwner(cfg Config, wait time.Duration) error {
	res, err := bindAs(cfg.Bind, wait, func(flags uint16) error {
		return q.owner.bind(cfg.Ifindex, cfg.Queue, flags, 0)
	})
	if err != nil {
		return err
	}
	q.info.ZeroCopyError = res.zeroCopyErr
	q.info.NeedWakeup = res.flags&unix.XDP_USE_NEED_WAKEUP != 0
	if q.info.ZeroCopy, err = q.owner.zeroCopy(); err != nil {
		return err
	}
	if q.rx != nil {
		q.rx.zeroCopy = q.info.ZeroCopy
	}
	if q.tx != nil {
		q.tx.setZeroCopy(q.info.ZeroCopy)
	}
	return nil
}

// openSharedTx opens the second socket, which uses the first one's UMEM, fill and completion ring on the same
// queue, and inherits its mode.
func (q *Queue) openSharedTx(cfg Config, comp ring[uint64], l umemLayout) (err error) {
	if q.txSock, err = newSocket(); err != nil {
		return err
	}
	if err = q.openTx(cfg, comp, l); err != nil {
		return err
	}
	q.tx.setZeroCopy(q.info.ZeroCopy)
	err = q.txSock.bind(cfg.Ifindex, cfg.Queue, unix.XDP_SHARED_UMEM, q.owner.fd)
	return os.NewSyscallError("bind", err)
}

// setZeroCopy chooses how the kernel is called.
func (q *TxQueue) setZeroCopy(zeroCopy bool) {
	q.kernel.zeroCopy = zeroCopy
	if zeroCopy {
		q.kernel.send = wakeTransmit
	}
}

// RX returns the receiving side, or nil if the Queue was opened to transmit only.
func (q *Queue) RX() *RxQueue { return q.rx }

// TX returns the sending side, or nil if the Queue was opened to receive only.
func (q *Queue) TX() *TxQueue { return q.tx }

// Info returns what Open obtained.
func (q *Queue) Info() Info { return q.info }

// Close closes the sockets and unmaps the memory. Frames that were submitted and not sent are dropped; those
// being sent are sent. Further calls do nothing and return nil.
//
// The queue is free once the kernel has cleaned up behind Close; Open waits for that.
func (q *Queue) Close() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return nil
	}
	q.closed = true
	var errs []error
	if q.txSock != nil && q.txSock != q.owner {
		errs = append(errs, q.txSock.close())
	}
	if q.owner != nil {
		errs = append(errs, q.owner.close())
	}
	if q.umem != nil {
		errs = append(errs, os.NewSyscallError("munmap", unix.Munmap(q.umem)))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close AF_XDP socket on %s: %w", q.label, err)
	}
	return nil
}
