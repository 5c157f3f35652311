package xsk

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// channels is how many queues an interface has in use.
type channels struct {
	rx, tx int
}

// NumQueues returns how many receive queues the interface has in use, in the network namespace of the calling
// thread: those that a receiver must open to miss nothing. A driver that does not tell (ETHTOOL_GCHANNELS) is
// probed by binding, which needs the privileges of Open. The error wraps ENODEV if there is no such interface.
func NumQueues(ifname string) (int, error) {
	ch, err := countChannels(ifname)
	return ch.rx, err
}

// countChannels returns the queues of an interface, by asking its driver or by probing.
func countChannels(ifname string) (channels, error) {
	ch, err := askChannels(ifname)
	if err != nil {
		return channels{}, fmt.Errorf("count queues of %s: %w", ifname, err)
	}
	return ch, nil
}

// driverChannels returns the queues of an interface if its driver tells.
func driverChannels(ifname string) (channels, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return channels{}, os.NewSyscallError("socket", err)
	}
	defer func() { _ = unix.Close(fd) }()
	return ethtoolChannels(fd, ifname)
}

// interfaceMTU returns the MTU of an interface in the calling thread's network namespace.
func interfaceMTU(ifname string) (int, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, os.NewSyscallError("socket", err)
	}
	defer func() { _ = unix.Close(fd) }()
	ifr, err := unix.NewIfreq(ifname)
	if err != nil {
		return 0, err
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFMTU, ifr); err != nil {
		return 0, os.NewSyscallError("ioctl", err)
	}
	return int(ifr.Uint32()), nil
}

// askChannels is countChannels without the name in its errors.
func askChannels(ifname string) (channels, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return channels{}, os.NewSyscallError("socket", err)
	}
	defer func() { _ = unix.Close(fd) }()

	ifr, err := unix.NewIfreq(ifname)
	if err != nil {
		return channels{}, err
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFINDEX, ifr); err != nil {
		return channels{}, os.NewSyscallError("ioctl", err)
	}
	ch, err := ethtoolChannels(fd, ifname)
	switch {
	case errors.Is(err, unix.EOPNOTSUPP):
		n, err := probeQueues(int(ifr.Uint32()))
		return channels{rx: n, tx: n}, err
	case err != nil:
		return channels{}, os.NewSyscallError("ioctl", err)
	case ch.rx+ch.tx == 0:
		return channels{}, errors.New("driver reports no queues")
	}
	return ch, nil
}

// interfaceName returns the name of an interface in the calling thread's network namespace.
func interfaceName(ifindex int) (string, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return "", os.NewSyscallError("socket", err)
	}
	defer func() { _ = unix.Close(fd) }()

	ifr, err := unix.NewIfreq("")
	if err != nil {
		return "", err
	}
	ifr.SetUint32(uint32(ifindex))
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFNAME, ifr); err != nil {
		return "", os.NewSyscallError("ioctl", err)
	}
	return ifr.Name(), nil
}

// probeQueues counts queues by binding a small socket to one after the other: the kernel answers EINVAL to the
// first number that there is no queue for, and EBUSY to one in use.
func probeQueues(ifindex int) (int, error) {
	for n := 0; ; n++ {
		q, err := open(Config{
			Ifindex:   ifindex,
			Queue:     uint32(n),
			Bind:      BindCopy,
			Direction: ReceiveOnly,
			RxSize:    1, FillSize: 2, TxSize: 1,
		}, 0)
		switch {
		case err == nil:
			if err := q.Close(); err != nil {
				return 0, err
			}
		case errors.Is(err, unix.EBUSY):
		case errors.Is(err, unix.EINVAL) && n > 0:
			return n, nil
		default:
			return 0, err
		}
	}
}
