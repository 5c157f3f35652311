package lab

import (
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ethtoolValue is struct ethtool_value of linux/ethtool.h.
type ethtoolValue struct {
	cmd  uint32
	data uint32
}

// ethtoolRequest is struct ifreq with a pointer in its union, padded to the size the kernel copies.
type ethtoolRequest struct {
	name [unix.IFNAMSIZ]byte
	data unsafe.Pointer
	_    [24 - unsafe.Sizeof(uintptr(0))]byte
}

// ethtoolSet sets one value of an interface in the namespace of the socket fd.
func ethtoolSet(fd int, ifname string, cmd, data uint32) error {
	value := &ethtoolValue{cmd: cmd, data: data}
	var req ethtoolRequest
	if len(ifname) >= len(req.name) {
		return unix.EINVAL
	}
	copy(req.name[:], ifname)
	// Sound because both structs are laid out as the kernel's, neither moves while it is pinned, and the kernel
	// keeps no pointer after the call.
	var pinner runtime.Pinner
	defer pinner.Unpin()
	pinner.Pin(value)
	req.data = unsafe.Pointer(value)
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&req)))
	if errno != 0 {
		return os.NewSyscallError("ioctl", errno)
	}
	return nil
}
