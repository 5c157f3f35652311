package xdplink

import (
	"errors"
	"fmt"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// ErrGone is what the error of Observer.Look wraps for an interface that is not in the network namespace any more.
var ErrGone = errors.New("it was deleted, or moved to another network namespace")

// State is how an interface stands at one moment.
type State struct {
	Up       bool   // as the administrator wants it
	Carrier  bool   // somebody is at the far end
	Program  uint32 // id of the XDP program attached to it, 0 for none
	Programs bool   // there are several, one in each mode, and Program does not tell
}

const attachedMulti = 4 // XDP_ATTACHED_MULTI of linux/if_link.h

// An Observer asks the kernel about one interface. Its methods may be called concurrently, Close aside.
type Observer struct {
	links   *netlink.Handle
	ifindex int
}

// Observe opens an Observer, which keeps to the network namespace of the calling thread whatever thread uses it. It needs
// no capability, and a file descriptor.
func Observe(ifindex int) (*Observer, error) {
	links, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("open a netlink socket: %w", err)
	}
	return &Observer{links, ifindex}, nil
}

// Look returns how the interface stands. It takes some 20 µs, and as long as somebody holds the kernel's lock of network
// configuration, which may be seconds. The error wraps ErrGone, or the errno of a question that could not be asked.
func (o *Observer) Look() (State, error) {
	dev, err := o.links.LinkByIndex(o.ifindex)
	if _, missing := errors.AsType[netlink.LinkNotFoundError](err); missing {
		return State{}, ErrGone
	}
	if err != nil {
		return State{}, fmt.Errorf("look at interface %d: %w", o.ifindex, err)
	}
	flags := dev.Attrs().RawFlags
	s := State{Up: flags&unix.IFF_UP != 0, Carrier: flags&unix.IFF_LOWER_UP != 0}
	if xdp := dev.Attrs().Xdp; xdp != nil && xdp.Attached {
		s.Program, s.Programs = xdp.ProgId, xdp.AttachMode == attachedMulti
	}
	return s, nil
}

// Close ends the Observer. A second Close does nothing.
func (o *Observer) Close() { o.links.Close() }
