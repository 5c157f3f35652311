package xsk

import (
	"errors"
	"fmt"
	"math"
	"os"

	"golang.org/x/sys/unix"
)

// umemLayout says how a UMEM is divided: whole chunks for receiving, then packed slots for sending.
type umemLayout struct {
	rxFrames  uint32
	frameSize uint32
	txOffset  uint64 // where the slots begin
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
func (l umemLayout) rxAddr(i uint32) uint64 { return uint64(i) * uint64(l.frameSize) }

// txAddr returns the address of the i-th slot. Addresses are even, as some kernels use bit 0 of a completion.
func (l umemLayout) txAddr(i uint32) uint64 { return l.txOffset + uint64(i)*uint64(l.slotSize) }

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

// mapUmem allocates the memory of a UMEM, its pages present: huge ones where the kernel has some to give (transparent
// huge pages), which takes half the time, and as much of the processor's memory for pages.
func mapUmem(size uint64) ([]byte, error) {
	mem, err := unix.Mmap(-1, 0, int(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return nil, fmt.Errorf("allocate UMEM of %d bytes: %w", size, os.NewSyscallError("mmap", err))
	}
	// Without either, on an older kernel, the pages come when the UMEM is registered.
	_ = unix.Madvise(mem, unix.MADV_HUGEPAGE)
	_ = unix.Madvise(mem, unix.MADV_POPULATE_WRITE)
	return mem, nil
}

// registerUmem makes mem the UMEM of the socket fd, and says in its error how much memory could not be locked.
//
// The kernel counts a UMEM against RLIMIT_MEMLOCK unless the process has CAP_IPC_LOCK. Where the limit is in the
// way it is raised as far as the process may, and then it is tried once more.
func registerUmem(fd int, mem []byte, frameSize uint32) error {
	err := setUmem(fd, mem, frameSize)
	if errors.Is(err, unix.ENOBUFS) {
		raiseMemlock()
		err = setUmem(fd, mem, frameSize)
	}
	if errors.Is(err, unix.ENOBUFS) {
		return fmt.Errorf("lock UMEM of %d bytes in memory (RLIMIT_MEMLOCK is %s): %w",
			len(mem), memlockLimit(), os.NewSyscallError("setsockopt", err))
	}
	if err != nil {
		return fmt.Errorf("register UMEM of %d bytes: %w", len(mem), os.NewSyscallError("setsockopt", err))
	}
	return nil
}

// raiseMemlock lifts the limit on locked memory altogether, or at least to the hard limit. That neither may be
// allowed is no error: what matters is whether the UMEM registers afterwards.
func raiseMemlock() {
	infinite := unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY}
	if unix.Setrlimit(unix.RLIMIT_MEMLOCK, &infinite) == nil {
		return
	}
	var lim unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_MEMLOCK, &lim) == nil {
		lim.Cur = lim.Max
		_ = unix.Setrlimit(unix.RLIMIT_MEMLOCK, &lim)
	}
}

// memlockLimit returns the limit on locked memory for a message.
func memlockLimit() string {
	var lim unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_MEMLOCK, &lim); err != nil {
		return "unknown"
	}
	if lim.Cur == math.MaxUint64 {
		return "unlimited"
	}
	return fmt.Sprintf("%d", lim.Cur)
}
