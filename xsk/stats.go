package xsk

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Stats are the kernel's counters for one Queue since Open, 64 bits each (XDP_STATISTICS of both its sockets).
// Linux before 5.9 reports only RxDropped, RxInvalid and TxInvalid.
type Stats struct {
	RxDropped     uint64 // frames dropped for want of memory to receive into, or because they exceed FrameSize
	RxInvalid     uint64 // receive descriptors that the kernel rejected
	RxRingFull    uint64 // frames dropped because the RX ring was full: the reader is too slow
	FillRingEmpty uint64 // times the kernel wanted a frame and the fill ring had none
	TxInvalid     uint64 // descriptors of the TX ring that the kernel rejected
	TxRingEmpty   uint64 // times the kernel wanted a descriptor and the TX ring had none
}

// Add adds the counters of o to s.
func (s *Stats) Add(o Stats) {
	s.RxDropped += o.RxDropped
	s.RxInvalid += o.RxInvalid
	s.RxRingFull += o.RxRingFull
	s.FillRingEmpty += o.FillRingEmpty
	s.TxInvalid += o.TxInvalid
	s.TxRingEmpty += o.TxRingEmpty
}

// Stats reads the kernel's counters. Any goroutine may call it, but not in a loop: the kernel takes the lock that
// sending in copy mode takes. After Close the error is os.ErrClosed.
func (q *Queue) Stats() (Stats, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return Stats{}, fmt.Errorf("read statistics of %s: %w", q.label, os.ErrClosed)
	}
	var s Stats
	var raw unix.XDPStatistics
	if q.rxSock != nil {
		if err := statistics(q.rxSock.fd, &raw); err != nil {
			return Stats{}, q.statsError(err)
		}
		s.RxDropped = raw.Rx_dropped
		s.RxInvalid = raw.Rx_invalid_descs
		s.RxRingFull = raw.Rx_ring_full
		s.FillRingEmpty = raw.Rx_fill_ring_empty_descs
	}
	if q.txSock != nil {
		// The fill ring is common to both sockets, and this one reports it as well: not counted twice.
		if err := statistics(q.txSock.fd, &raw); err != nil {
			return Stats{}, q.statsError(err)
		}
		s.TxInvalid = raw.Tx_invalid_descs
		s.TxRingEmpty = raw.Tx_ring_empty_descs
	}
	return s, nil
}

// statsError says which queue could not be read.
func (q *Queue) statsError(err error) error {
	return fmt.Errorf("read statistics of %s: %w", q.label, os.NewSyscallError("getsockopt", err))
}
