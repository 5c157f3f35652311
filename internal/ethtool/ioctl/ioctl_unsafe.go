package ioctl

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

// Ethtool has the kernel do what a request to an interface asks for, in the network namespace of the socket fd. The request is a
// struct that begins with the number of a command; what it asks for comes back in it. The kernel writes no further than the
// request says that there is room: the callers' business. The error is an errno: EINVAL for a name that no interface can
// have.
//
// Sound because ifreq is laid out as the kernel's, the request does not move while it is pinned, and the kernel keeps no
// pointer after the call.
func Ethtool(fd int, ifname string, request []byte) error {
	if len(ifname) >= unix.IFNAMSIZ || len(request) == 0 {
		return unix.EINVAL
	}
	var req ifreq
	copy(req.name[:], ifname)
	var pinner runtime.Pinner
	defer pinner.Unpin()
	pinner.Pin(unsafe.SliceData(request))
	req.data = unsafe.Pointer(unsafe.SliceData(request))
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&req)))
	if errno != 0 {
		return errno
	}
	return nil
}
