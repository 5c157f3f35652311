package xsk

import (
	"encoding/binary"
	"errors"
	"fmt"
	"syscall"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// The netlink family that describes network devices, its command that asks for one, and the attributes of the answer
// (linux/netdev.h).
const (
	netdevFamily  = "netdev"
	netdevVersion = 1
	netdevDevGet  = 1

	attrIfindex    = 1
	attrXDP        = 3
	attrZCMaxSegs  = 4
	attrRxMetadata = 5
	attrTxMetadata = 6
)

// DeviceFeatures asks the kernel what the driver of an interface can do, in the network namespace of the calling thread.
// It needs no privilege.
//
// The error wraps errors.ErrUnsupported on a kernel that cannot tell, before 6.3; ENODEV if there is no such interface.
// What a driver says it can do may still fail, for the interface's MTU, say, or for want of queues.
func DeviceFeatures(ifindex int) (Features, error) {
	f, err := askFeatures(ifindex)
	if err != nil {
		return Features{}, fmt.Errorf("ask for the XDP features of interface %d: %w", ifindex, err)
	}
	f.Driver = DriverName(ifindex)
	return f, nil
}

// askFeatures is DeviceFeatures without the driver's name.
func askFeatures(ifindex int) (Features, error) {
	family, err := netlink.GenlFamilyGet(netdevFamily)
	if errors.Is(err, unix.ENOENT) {
		return Features{}, fmt.Errorf("kernel has no netlink family %q, Linux 6.3 or newer is needed: %w", netdevFamily,
			errors.ErrUnsupported)
	}
	if err != nil {
		return Features{}, err
	}
	req := nl.NewNetlinkRequest(int(family.ID), 0)
	// Not nl.Genlmsg, which leaves chance values in the reserved half of the header: this family refuses them.
	req.AddRawData([]byte{netdevDevGet, netdevVersion, 0, 0})
	req.AddRawData(nl.NewRtAttr(attrIfindex, nl.Uint32Attr(uint32(ifindex))).Serialize())
	msgs, err := req.Execute(unix.NETLINK_GENERIC, 0)
	if err != nil {
		return Features{}, err
	}
	if len(msgs) != 1 || len(msgs[0]) < nl.SizeofGenlmsg {
		return Features{}, fmt.Errorf("kernel answered with %d messages, want 1", len(msgs))
	}
	attrs, err := nl.ParseRouteAttr(msgs[0][nl.SizeofGenlmsg:])
	if err != nil {
		return Features{}, err
	}
	return parseFeatures(attrs), nil
}

// parseFeatures reads the kernel's answer. What it does not mention, as older kernels do not mention all, is zero.
func parseFeatures(attrs []syscall.NetlinkRouteAttr) (f Features) {
	for _, a := range attrs {
		switch v := attrUint(a.Value); a.Attr.Type {
		case attrXDP:
			f.XDP = XDPFeatures(v)
		case attrZCMaxSegs:
			f.ZeroCopyMaxSegs = int(v)
		case attrRxMetadata:
			f.RxMetadata = RxMetadataFeatures(v)
		case attrTxMetadata:
			f.TxMetadata = TxMetadataFeatures(v)
		}
	}
	return f
}

// attrUint reads an attribute of 4 or 8 bytes; any other is 0.
func attrUint(b []byte) uint64 {
	switch len(b) {
	case 4:
		return uint64(binary.NativeEndian.Uint32(b))
	case 8:
		return binary.NativeEndian.Uint64(b)
	}
	return 0
}

// DriverName returns the kernel's name of the driver of an interface, such as "ixgbe", in the network namespace of the calling
// thread, or "" if it cannot be had.
func DriverName(ifindex int) string {
	name, err := interfaceName(ifindex)
	if err != nil {
		return ""
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return ""
	}
	defer func() { _ = unix.Close(fd) }()
	info, err := unix.IoctlGetEthtoolDrvinfo(fd, name)
	if err != nil {
		return ""
	}
	return unix.ByteSliceToString(info.Driver[:])
}
