package ethtool

import (
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ifreq is struct ifreq with a pointer in its union, padded to the size the kernel copies.
type ifreq struct {
	name [unix.IFNAMSIZ]byte
	data unsafe.Pointer
	_    [24 - unsafe.Sizeof(uintptr(0))]byte
}

// ioctl has the kernel answer a question, which begins with the number of a command, in place. It writes no further than
// the question says that there is room: the callers' business.
//
// Sound because ifreq is laid out as the kernel's, the question does not move while it is pinned, and the kernel keeps no
// pointer after the call.
func ioctl(fd int, ifname string, question []byte) error {
	if len(ifname) >= unix.IFNAMSIZ || len(question) == 0 {
		return unix.EINVAL
	}
	var req ifreq
	copy(req.name[:], ifname)
	var pinner runtime.Pinner
	defer pinner.Unpin()
	pinner.Pin(unsafe.SliceData(question))
	req.data = unsafe.Pointer(unsafe.SliceData(question))
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&req)))
	if errno != 0 {
		return errno
	}
	return nil
}
