package lab

import (
	"encoding/binary"
	"os"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/internal/ethtool/ioctl"
)

// setOffload sets one value of an interface, by the command of linux/ethtool.h, in the namespace of the calling thread.
func setOffload(ifname string, cmd, value uint32) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	defer unix.Close(fd)
	var request [8]byte // struct ethtool_value
	binary.NativeEndian.PutUint32(request[0:], cmd)
	binary.NativeEndian.PutUint32(request[4:], value)
	return os.NewSyscallError("ioctl", ioctl.Ethtool(fd, ifname, request[:]))
}
