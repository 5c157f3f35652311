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

	umem     *Umem
	ownsUmem bool // no other Queue can have it
	layout   umemLayout
	taken    bool // layout is a part of umem

	mu     sync.Mutex // guards closed, and the descriptors against Stats
	closed bool
}

// Open opens one queue of one interface, in the network namespace of the calling thread. It needs CAP_NET_RAW.
//
// The error wraps ErrConfig for a Config no kernel would take, and then nothing was tried; else the errno:
//
//	EAFNOSUPPORT  the kernel has no AF_XDP
//	EPERM         no CAP_NET_RAW; or busy polling is required and there is no CAP_NET_ADMIN
//	ENOBUFS       the UMEM is larger than RLIMIT_MEMLOCK; the message says how large it is
//	ENOMEM        huge pages are required and none is reserved; or the shared UMEM has no room left
//	ENODEV        there is no such interface
//	EINVAL        the interface has no such queue; or zero-copy is required and the interface's MTU exceeds FrameSize;
//	              or the kernel has no multi-buffer or no TX metadata and it is required. The message tells which
//	EBUSY         another socket has the queue, and kept it for the second that Open waits
//	EOPNOTSUPP    zero-copy is required and the driver has none; the message names the driver and what it can
//	ENOPROTOOPT   busy polling is required and the kernel has none
//
// A demand that the Umem of other Queues cannot meet wraps ErrConfig.
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
	q.info = Info{
		Ifindex:    cfg.Ifindex,
		Interface:  cfg.Interface,
		Queue:      cfg.Queue,
		Direction:  cfg.Direction,
		Driver:     DriverName(cfg.Ifindex),
		SharedUmem: cfg.Umem != nil,
	}
	if err := q.openUmem(cfg); err != nil {
		return err
	}
	// Until the first Queue is bound the others cannot share, so one is opened at a time.
	q.umem.mu.Lock()
	defer q.umem.mu.Unlock()
	leader, err := q.umem.lead(cfg)
	if err != nil {
		return err
	}
	if q.layout, err = q.umem.take(cfg.umemLayout()); err != nil {
		return err
	}
	q.taken = true
	q.info.UmemBytes = int(q.layout.size)
	if err := q.openSockets(cfg, leader, wait); err != nil {
		return err
	}
	q.umem.queues = append(q.umem.queues, q)
	return nil
}

// openSockets makes the socket that has the fill and the completion ring, and another to send if both are wanted.
func (q *Queue) openSockets(cfg Config, leader *Queue, wait time.Duration) error {
	fill, comp, err := q.openOwner(cfg, leader)
	if err != nil {
		return err
	}
	if cfg.Direction.receives() {
		q.rxSock = q.owner
		err = q.openRx(cfg, fill)
	} else {
		q.txSock = q.owner
		err = q.openTx(cfg, comp)
	}
	if err != nil {
		return err
	}
	if err := q.bindOwner(cfg, leader, wait); err != nil {
		return err
	}
	if cfg.Direction == Both {
		if err := q.openSharedTx(cfg, comp); err != nil {
			return err
		}
	}
	return q.busyPoll(cfg.BusyPoll)
}

// openUmem takes the Config's Umem, or makes one.
func (q *Queue) openUmem(cfg Config) (err error) {
	if q.umem = cfg.Umem; q.umem == nil {
		q.umem, err = NewUmem(UmemConfig{
			Size:             int(cfg.umemLayout().size),
			FrameSize:        cfg.FrameSize,
			HugePages:        cfg.HugePages,
			TxMetadata:       cfg.TxMetadata,
			SoftwareChecksum: cfg.SoftwareChecksum,
		})
		q.ownsUmem = err == nil
	}
	if err != nil {
		return err
	}
	q.info.HugePages = q.umem.cfg.HugePages.wanted() && q.umem.huge == nil
	if q.umem.huge != nil {
		q.refuse("huge pages", q.umem.huge)
	}
	return nil
}

// refuse notes that something was asked for and not granted.
func (q *Queue) refuse(what string, err error) {
	q.info.Refused = append(q.info.Refused, Attempt{what, err})
}

// openOwner opens the first socket, registers the UMEM with it unless a leader has, and fills its fill ring. Filling comes
// before bind: some drivers take their first frames during bind, and never again if there are none.
func (q *Queue) openOwner(cfg Config, leader *Queue) (fill, comp ring[uint64], err error) {
	s, err := newSocket()
	if err != nil {
		return fill, comp, err
	}
	q.owner = s
	if leader == nil {
		if err = q.umem.register(s.fd); err != nil {
			return fill, comp, err
		}
	}
	q.info.TxMetadata = q.umem.metadata > 0
	if q.umem.metadataErr != nil {
		q.refuse("TX metadata", q.umem.metadataErr)
	}
	if cfg.TxMetadata == Require && q.umem.metadata == 0 {
		return fill, comp, fmt.Errorf("%w: TX metadata is required, and the UMEM has none", ErrConfig)
	}
	if fill, err = newRing[uint64](s, fillRing, s.off.Fr, cfg.FillSize); err != nil {
		return fill, comp, fmt.Errorf("fill ring of %d slots: %w", cfg.FillSize, err)
	}
	if comp, err = newRing[uint64](s, completionRing, s.off.Cr, cfg.CompletionSize); err != nil {
		return fill, comp, fmt.Errorf("completion ring of %d slots: %w", cfg.CompletionSize, err)
	}
	offerAll(&fill, q.layout)
	return fill, comp, nil
}

// openRx gives the receiving socket its RX ring.
func (q *Queue) openRx(cfg Config, fill ring[uint64]) error {
	rx, err := newRing[unix.XDPDesc](q.rxSock, rxRing, q.rxSock.off.Rx, cfg.RxSize)
	if err != nil {
		return fmt.Errorf("RX ring of %d slots: %w", cfg.RxSize, err)
	}
	q.rx = newRxQueue(q.rxSock.fd, rx, fill, q.umem.mem, cfg.FrameSize)
	return nil
}

// openTx gives the sending socket its TX ring and the room to use it.
func (q *Queue) openTx(cfg Config, comp ring[uint64]) error {
	s, l := q.txSock, q.layout
	tx, err := newRing[unix.XDPDesc](s, txRing, s.off.Tx, cfg.TxSize)
	if err != nil {
		return fmt.Errorf("TX ring of %d slots: %w", cfg.TxSize, err)
	}
	// An skb is charged with its own size and that of its buffer, or of a whole chunk where the driver lets the
	// kernel attach UMEM pages; the kernel doubles what is asked for.
	q.info.SendBuffer = s.raiseSendBuffer(int(min(uint64(l.txSlots)*(uint64(l.frameSize)+1024), math.MaxInt32/2)))
	q.info.TxBudget = s.raiseTxBudget(cfg.TxSize)
	q.tx = newTxQueue(tx, comp, q.umem.mem, l, q.umem.metadata, kicker{
		fd:     s.fd,
		name:   q.label,
		budget: uint32(q.info.TxBudget),
		send:   sendCopy,
	})
	return nil
}

// bindOwner binds the first socket and notes what mode it obtained: the leader's if there is one.
func (q *Queue) bindOwner(cfg Config, leader *Queue, wait time.Duration) error {
	if leader != nil {
		err := retryBusy(time.Now().Add(wait), func() error {
			return q.owner.bind(cfg.Ifindex, cfg.Queue, unix.XDP_SHARED_UMEM, leader.owner.fd)
		})
		if err != nil {
			return cfg.explainBind(os.NewSyscallError("bind", err))
		}
		q.info.NeedWakeup, q.info.MultiBuffer = leader.info.NeedWakeup, leader.info.MultiBuffer
	} else {
		flags, refused, err := bindAs(cfg.demands(), wait, func(flags uint16) error {
			return q.owner.bind(cfg.Ifindex, cfg.Queue, flags, 0)
		})
		if err != nil {
			return cfg.explainBind(err)
		}
		q.info.Refused = append(q.info.Refused, refused...)
		q.info.NeedWakeup = flags&unix.XDP_USE_NEED_WAKEUP != 0
		q.info.MultiBuffer = flags&unix.XDP_USE_SG != 0
		if flags&unix.XDP_COPY != 0 && len(refused) > 0 && cfg.Bind != BindCopy {
			q.info.ZeroCopyError = refused[0].Err
		}
	}
	var err error
	if q.info.ZeroCopy, err = q.owner.zeroCopy(); err != nil {
		return err
	}
	if q.rx != nil {
		q.rx.zeroCopy = q.info.ZeroCopy
		q.rx.multi = q.info.MultiBuffer
	}
	if q.tx != nil {
		q.tx.setZeroCopy(q.info.ZeroCopy)
	}
	return nil
}

// openSharedTx opens the second socket, which uses the first one's UMEM, fill and completion ring on the same
// queue, and inherits its mode.
func (q *Queue) openSharedTx(cfg Config, comp ring[uint64]) (err error) {
	if q.txSock, err = newSocket(); err != nil {
		return err
	}
	if err = q.openTx(cfg, comp); err != nil {
		return err
	}
	q.tx.setZeroCopy(q.info.ZeroCopy)
	err = q.txSock.bind(cfg.Ifindex, cfg.Queue, unix.XDP_SHARED_UMEM, q.owner.fd)
	return os.NewSyscallError("bind", err)
}

// busyPoll turns busy polling on where it is wanted.
func (q *Queue) busyPoll(b BusyPoll) error {
	if !b.Want.wanted() {
		return nil
	}
	err := q.owner.busyPoll(b)
	if err == nil && q.txSock != nil && q.txSock != q.owner {
		err = q.txSock.busyPoll(b)
	}
	switch {
	case err != nil && b.Want == Require:
		return fmt.Errorf("busy polling required: %w", err)
	case err != nil:
		q.refuse("busy polling", err)
		return nil
	}
	q.info.BusyPoll = true
	if q.rx != nil {
		q.rx.look = pollDriver
	}
	if q.tx != nil {
		q.tx.kernel.busy = true
	}
	return nil
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
	if q.umem == nil {
		return nil
	}
	q.umem.mu.Lock()
	var errs []error
	if q.txSock != nil && q.txSock != q.owner {
		errs = append(errs, q.txSock.close())
	}
	if q.owner != nil {
		errs = append(errs, q.owner.close())
	}
	q.umem.leave(q)
	q.umem.mu.Unlock()
	if q.ownsUmem {
		errs = append(errs, q.umem.Close())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close AF_XDP socket on %s: %w", q.label, err)
	}
	return nil
}
