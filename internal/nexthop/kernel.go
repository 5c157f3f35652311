package nexthop

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// kernel is what Find asks of the network namespace it runs in. Tests put plain data in its place.
type kernel interface {
	LinkByName(name string) (netlink.Link, error)
	LinkByIndex(index int) (netlink.Link, error)
	LinkList() ([]netlink.Link, error)

	// AddrList returns the IPv4 addresses of link, or of every interface when link is nil.
	AddrList(link netlink.Link, family int) ([]netlink.Addr, error)

	// RouteGetWithOptions returns the route that a packet would take, one entry.
	RouteGetWithOptions(dst net.IP, options *netlink.RouteGetOptions) ([]netlink.Route, error)

	// routes returns the IPv4 routes of every table.
	routes() ([]netlink.Route, error)

	// neighbour returns the entry for addr on an interface; its state is NUD_NONE where there is none.
	neighbour(ifindex int, addr netip.Addr) (netlink.Neigh, error)

	// ask has the kernel send a question for addr now, unless it is asking already. It does not wait.
	ask(ifindex int, addr netip.Addr) error
}

// netlinkKernel is the kernel of the namespace that the thread was in at openKernel.
type netlinkKernel struct {
	*netlink.Handle

	// single carries the one request that netlink.Handle cannot make, RTM_GETNEIGH for a single entry.
	single map[int]*nl.SocketHandle
}

func openKernel() (*netlinkKernel, error) {
	h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("open route netlink socket: %w", err)
	}
	s, err := nl.GetNetlinkSocketAt(netns.None(), netns.None(), unix.NETLINK_ROUTE)
	if err != nil {
		h.Close()
		return nil, fmt.Errorf("open route netlink socket: %w", err)
	}
	return &netlinkKernel{
		Handle: h,
		single: map[int]*nl.SocketHandle{unix.NETLINK_ROUTE: {Socket: s}},
	}, nil
}

func (k *netlinkKernel) close() {
	k.Close()
	k.single[unix.NETLINK_ROUTE].Close()
}

// routes dumps the tables. A dump during which they changed may have holes: it is taken again, a few times.
func (k *netlinkKernel) routes() (list []netlink.Route, err error) {
	every := &netlink.Route{Table: unix.RT_TABLE_UNSPEC}
	for range 3 {
		list, err = k.RouteListFiltered(netlink.FAMILY_V4, every, netlink.RT_FILTER_TABLE)
		if !errors.Is(err, netlink.ErrDumpInterrupted) {
			break
		}
	}
	return list, err
}

// neighbour asks for one entry, not for a dump: a router's table has tens of thousands, and this is polled.
func (k *netlinkKernel) neighbour(ifindex int, addr netip.Addr) (netlink.Neigh, error) {
	req := nl.NewNetlinkRequest(unix.RTM_GETNEIGH, 0)
	req.Sockets = k.single
	req.AddData(&netlink.Ndmsg{Family: family(addr), Index: uint32(ifindex)})
	req.AddData(nl.NewRtAttr(netlink.NDA_DST, addr.AsSlice()))

	msgs, err := req.Execute(unix.NETLINK_ROUTE, unix.RTM_NEWNEIGH)
	if errors.Is(err, unix.ENOENT) || err == nil && len(msgs) == 0 {
		return netlink.Neigh{State: netlink.NUD_NONE}, nil
	}
	if err != nil {
		return netlink.Neigh{}, err
	}
	n, err := netlink.NeighDeserialize(msgs[0])
	if err != nil {
		return netlink.Neigh{}, err
	}
	return *n, nil
}

// ask uses the neighbour as a packet to it would (NTF_USE): the kernel creates the entry and starts to resolve it.
func (k *netlinkKernel) ask(ifindex int, addr netip.Addr) error {
	err := k.NeighSet(&netlink.Neigh{
		LinkIndex: ifindex,
		Family:    int(family(addr)),
		State:     netlink.NUD_NONE,
		Flags:     netlink.NTF_USE,
		IP:        addr.AsSlice(),
	})
	if err == nil || !refused(err) || !addr.Is4() {
		return err
	}
	return provoke(ifindex, addr)
}

// refused tells a kernel that will not do this for us from one that tried.
func refused(err error) bool {
	return errors.Is(err, unix.EPERM) || errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.EINVAL)
}

// provoke makes the kernel resolve addr for an empty datagram to its discard port (RFC 863). That needs no privilege.
//
// SO_DONTROUTE, because a gateway need not be inside a prefix of the interface ("onlink" routes): it is a neighbour
// all the same, and the datagram must not be sent through the gateway it asks for.
func provoke(ifindex int, addr netip.Addr) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	defer unix.Close(fd)
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_BINDTOIFINDEX, ifindex); err != nil {
		return os.NewSyscallError("setsockopt SO_BINDTOIFINDEX", err)
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DONTROUTE, 1); err != nil {
		return os.NewSyscallError("setsockopt SO_DONTROUTE", err)
	}
	err = unix.Sendto(fd, nil, unix.MSG_DONTWAIT, &unix.SockaddrInet4{Port: 9, Addr: addr.As4()})
	return os.NewSyscallError("sendto", err)
}

func family(addr netip.Addr) uint8 {
	if addr.Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}

// unroutable reports whether err is the kernel's word that there is no way: no route at all, or a route of type
// unreachable, prohibit or blackhole (in this order; ip-route(8)).
func unroutable(err error) bool {
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return false
	}
	switch errno {
	case unix.ENETUNREACH, unix.EHOSTUNREACH, unix.EACCES, unix.EINVAL:
		return true
	}
	return false
}
