package nexthop

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// namedDevice returns the interface called name, an alternative name included.
func namedDevice(k kernel, name string) (netlink.Link, error) {
	link, err := k.LinkByName(name)
	if err == nil {
		return link, nil
	}
	notFound := netlink.LinkNotFoundError{}
	tooLong := errors.Is(err, unix.ERANGE) || errors.Is(err, unix.EINVAL) // no interface is called that
	if !errors.As(err, &notFound) && !tooLong {
		return nil, fmt.Errorf("look up interface %q: %w", name, err)
	}
	return nil, &InterfaceError{Interface: name, Err: ErrNoInterface, Detail: "there are " + deviceNames(k)}
}

// deviceNames lists the interfaces for an error message, the oldest first. A host of containers has hundreds.
func deviceNames(k kernel) string {
	const most = 12
	links, _ := k.LinkList() // best effort: this is only the second half of an error
	slices.SortFunc(links, func(a, b netlink.Link) int { return cmp.Compare(a.Attrs().Index, b.Attrs().Index) })
	var names []string
	for _, l := range links {
		names = append(names, l.Attrs().Name)
	}
	if len(names) > most {
		names = append(names[:most], fmt.Sprintf("and %d more", len(names)-most))
	}
	return strings.Join(names, ", ")
}

// usableDevice passes a link that was looked up on if it can carry a scan, else it says why it cannot.
func usableDevice(link netlink.Link, err error) (netlink.Link, error) {
	if err != nil {
		return nil, err
	}
	a := link.Attrs()
	fail := func(err error, detail string) (netlink.Link, error) {
		return nil, &InterfaceError{Interface: a.Name, Err: err, Detail: detail}
	}
	switch {
	case a.Flags&net.FlagLoopback != 0:
		return fail(ErrLoopback, "")
	case a.EncapType != "ether" || len(a.HardwareAddr) != 6: // ARPHRD_ETHER in netlink's words
		return fail(ErrNotEthernet, fmt.Sprintf("its link type %q has no Ethernet header", a.EncapType))
	case a.RawFlags&unix.IFF_UP == 0:
		return fail(ErrDown, "")
	case a.RawFlags&unix.IFF_LOWER_UP == 0:
		return fail(ErrNoCarrier, "")
	}
	return link, nil
}

// vlanOf returns the 802.1Q identifier and the parent's index where link is a VLAN device, else zeros.
func vlanOf(link netlink.Link) (id uint16, parent int) {
	v, ok := link.(*netlink.Vlan)
	if !ok {
		return 0, 0
	}
	return uint16(v.VlanId), v.Attrs().ParentIndex
}
