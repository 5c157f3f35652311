package xdplink

import (
	"fmt"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// WaitCarrier waits until the interface is up and has a carrier. Many drivers reset their rings when an XDP program is
// attached, and the link is gone for seconds (ixgbe): what is sent meanwhile is lost. The error says what is missing
// when the time is over; it wraps ENETDOWN.
func WaitCarrier(ifindex int, timeout time.Duration) error {
	for deadline := time.Now().Add(timeout); ; time.Sleep(20 * time.Millisecond) {
		dev, err := netlink.LinkByIndex(ifindex)
		if err != nil {
			return fmt.Errorf("look up interface %d: %w", ifindex, err)
		}
		flags := dev.Attrs().RawFlags
		switch {
		case flags&unix.IFF_UP == 0:
			return fmt.Errorf("interface %s is down: %w", dev.Attrs().Name, unix.ENETDOWN)
		case flags&unix.IFF_LOWER_UP != 0:
			return nil
		case time.Now().After(deadline):
			return fmt.Errorf("interface %s has had no carrier for %v: %w", dev.Attrs().Name, timeout, unix.ENETDOWN)
		}
	}
}
