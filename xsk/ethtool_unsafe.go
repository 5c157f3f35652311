package xsk

import (
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ethtoolChannelsArg is struct ethtool_channels of linux/ethtool.h.
type ethtoolChannelsArg struct {
	cmd                                     uint32
	maxRx, maxTx, maxOther, maxCombined     uint32
	numRx, numTx, numOther, numCombinedRxTx uint32
}

// ifreqData is struct ifreq with a pointer in its union, padded to the union's largest size.
type ifreqData struct {
	name [unix.IFNAMSIZ]byte
	data unsafe.Pointer
	_    [16]byte
}

// ethtoolChannels asks the driver of an interface for its queues in use, by ioctl on any socket of the interface's
// network namespace. EOPNOTSUPP is a driver that does not tell.
//
// Sound because arg is kept alive over the call, and the kernel writes no further than it is long.
func ethtoolChannels(fd int, ifname string) (channels, error) {
	arg := &ethtoolChannelsArg{cmd: unix.ETHTOOL_GCHANNELS}
	ifr := ifreqData{data: unsafe.Pointer(arg)}
	copy(ifr.name[:unix.IFNAMSIZ-1], ifname)
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&ifr)))
	runtime.KeepAlive(arg)
	if errno != 0 {
		return channels{}, errno
	}
	// A combined channel has one queue of each kind.
	return channels{
		rx: int(arg.numRx + arg.numCombinedRxTx),
		tx: int(arg.numTx + arg.numCombinedRxTx),
	}, nil
}
