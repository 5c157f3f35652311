package main

import "github.com/vishvananda/netlink"

// deviceDrops counts the frames that a network device received and had no buffer for, since a scan began. Drivers count
// what an XDP program drops elsewhere.
type deviceDrops struct {
	ifindex int
	before  uint64
	earlier uint64 // in earlier sessions of the scan
}

func newDeviceDrops(ifindex int) *deviceDrops {
	return &deviceDrops{ifindex: ifindex, before: missed(ifindex)}
}

func (d *deviceDrops) count() uint64 {
	now := missed(d.ifindex)
	return d.earlier + max(now, d.before) - d.before // a driver that is reset begins anew
}

// missed is 0 where the kernel does not tell, which is no reason to end a scan.
func missed(ifindex int) uint64 {
	dev, err := netlink.LinkByIndex(ifindex)
	if err != nil || dev.Attrs().Statistics == nil {
		return 0
	}
	return dev.Attrs().Statistics.RxMissedErrors
}
