package xsk

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// socket is an AF_XDP file descriptor with its mapped rings.
type socket struct {
	fd   int
	off  unix.XDPMmapOffsets
	maps [][]byte
}

// newSocket opens a socket that has no rings yet, in the network namespace of the calling thread.
func newSocket() (*socket, error) {
	fd, err := unix.Socket(unix.AF_XDP, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	s := &socket{fd: fd}
	if s.off, err = ringOffsets(fd); err != nil {
		return nil, errors.Join(os.NewSyscallError("getsockopt", err), s.close())
	}
	return s, nil
}

// ringKind names one of the four rings to the kernel: the option that sizes it and the offset that maps it.
type ringKind struct {
	option int
	offset int64
}

// The four rings.
var (
	fillRing       = ringKind{unix.XDP_UMEM_FILL_RING, unix.XDP_UMEM_PGOFF_FILL_RING}
	completionRing = ringKind{unix.XDP_UMEM_COMPLETION_RING, unix.XDP_UMEM_PGOFF_COMPLETION_RING}
	rxRing         = ringKind{unix.XDP_RX_RING, unix.XDP_PGOFF_RX_RING}
	txRing         = ringKind{unix.XDP_TX_RING, unix.XDP_PGOFF_TX_RING}
)

// newRing creates a ring of n slots on s and maps it. It must precede bind.
func newRing[T slot](s *socket, kind ringKind, off unix.XDPRingOffset, n uint32) (ring[T], error) {
	if err := unix.SetsockoptInt(s.fd, unix.SOL_XDP, kind.option, int(n)); err != nil {
		return ring[T]{}, os.NewSyscallError("setsockopt", err)
	}
	size := off.Desc + uint64(slotBytes[T](n))
	mem, err := unix.Mmap(s.fd, kind.offset, int(size), unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_SHARED|unix.MAP_POPULATE)
	if err != nil {
		return ring[T]{}, os.NewSyscallError("mmap", err)
	}
	s.maps = append(s.maps, mem)
	return viewRing[T](mem, off, n), nil
}

// bind attaches s to a queue of an interface. With XDP_SHARED_UMEM in flags, umemFD is the socket whose UMEM s
// uses.
func (s *socket) bind(ifindex int, queue uint32, flags uint16, umemFD int) error {
	return unix.Bind(s.fd, &unix.SockaddrXDP{
		Flags:        flags,
		Ifindex:      uint32(ifindex),
		QueueID:      queue,
		SharedUmemFD: uint32(umemFD),
	})
}

// zeroCopy reports whether the bound socket s works in zero-copy mode.
func (s *socket) zeroCopy() (bool, error) {
	flags, err := unix.GetsockoptInt(s.fd, unix.SOL_XDP, unix.XDP_OPTIONS)
	if err != nil {
		return false, os.NewSyscallError("getsockopt", err)
	}
	return flags&unix.XDP_OPTIONS_ZEROCOPY != 0, nil
}

// raiseSendBuffer makes room for bytes of frames in flight and returns what the kernel allows now, in bytes. The
// default holds about 277 small frames in copy mode. A refusal is no error: back-pressure starts earlier then.
func (s *socket) raiseSendBuffer(bytes int) int {
	if unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, bytes) != nil {
		_ = unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_SNDBUF, bytes)
	}
	got, err := unix.GetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_SNDBUF)
	if err != nil {
		return 0
	}
	return got
}

// raiseTxBudget lets one system call send n frames in copy mode, and returns how many it does send: n from Linux
// 6.17 on, else the fixed budget of older kernels.
func (s *socket) raiseTxBudget(n uint32) int {
	if n < kernelTxBudget || unix.SetsockoptInt(s.fd, unix.SOL_XDP, unix.XDP_MAX_TX_SKB_BUDGET, int(n)) != nil {
		return kernelTxBudget
	}
	return int(n)
}

// close unmaps the rings and closes the descriptor. A mapping holds a reference to the socket, so that both are
// needed before the queue is free.
func (s *socket) close() error {
	var errs []error
	for _, mem := range s.maps {
		errs = append(errs, os.NewSyscallError("munmap", unix.Munmap(mem)))
	}
	s.maps = nil
	errs = append(errs, os.NewSyscallError("close", unix.Close(s.fd)))
	return errors.Join(errs...)
}
