package xsk

import (
	"errors"
	"unsafe"

	"golang.org/x/sys/unix"
)

// errShortOffsets is returned on a kernel whose rings have no flags word, 5.3 and older.
var errShortOffsets = errors.New("kernel reports rings without a flags word: Linux 5.4 or newer is needed")

// setUmem registers mem as the UMEM of fd, in the way that reg says. The address is taken as an integer, which is sound
// because mem is an mmap: it does not move, and it stays mapped until the socket is closed.
func setUmem(fd int, mem []byte, reg unix.XDPUmemReg) error {
	reg.Addr = uint64(uintptr(unsafe.Pointer(unsafe.SliceData(mem))))
	_, _, errno := unix.Syscall6(unix.SYS_SETSOCKOPT, uintptr(fd), unix.SOL_XDP, unix.XDP_UMEM_REG,
		uintptr(unsafe.Pointer(&reg)), unsafe.Sizeof(reg), 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// ringOffsets asks where the parts of each ring lie in its mapping.
func ringOffsets(fd int) (unix.XDPMmapOffsets, error) {
	var off unix.XDPMmapOffsets
	n, err := getsockopt(fd, unix.XDP_MMAP_OFFSETS, unsafe.Pointer(&off), unsafe.Sizeof(off))
	if err == nil && uintptr(n) < unsafe.Sizeof(off) {
		err = errShortOffsets
	}
	return off, err
}

// statistics reads the counters of one socket into s. Kernels before 5.9 fill in only the first three.
func statistics(fd int, s *unix.XDPStatistics) error {
	*s = unix.XDPStatistics{}
	_, err := getsockopt(fd, unix.XDP_STATISTICS, unsafe.Pointer(s), unsafe.Sizeof(*s))
	return err
}

// getsockopt reads an option of level SOL_XDP into the size bytes at p and returns how many the kernel wrote.
func getsockopt(fd, opt int, p unsafe.Pointer, size uintptr) (n uint32, err error) {
	n = uint32(size)
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_XDP, uintptr(opt),
		uintptr(p), uintptr(unsafe.Pointer(&n)), 0)
	if errno != 0 {
		return 0, errno
	}
	return n, nil
}
