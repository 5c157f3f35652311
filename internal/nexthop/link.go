package nexthop

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/vishvananda/netlink"
)

// MaxLinkTargets is the most addresses that ResolveLink asks for: a /16, far beyond what one link holds.
const MaxLinkTargets = 1 << 16

// LinkOptions says how ResolveLink asks. Each zero field selects a default.
type LinkOptions struct {
	RatePPS int           // questions per second (default 2000, at most 1,000,000)
	Passes  int           // how often a host that does not answer is asked (default 2)
	Wait    time.Duration // for answers after the last question of a pass (default 1 s); ends when all have answered

	// Progress, if not nil, is called a few times a second and at the end, by the goroutine that called
	// ResolveLink: of total hosts so many have been asked (in the present pass), so many are known.
	Progress func(asked, known, total int)
}

// ResolveLink asks by ARP for the link-layer addresses of addrs, which are on the link of path, and returns a table
// of those that have one. What the kernel's neighbour table holds is taken over; an entry that the kernel would
// verify before long is asked about too, and the answer wins. The kernel's own table is not filled.
//
// The questions come from a source of path that the interface has, else from the interface's first address, else from
// 0.0.0.0 (an ARP probe). Duplicates in addrs are asked once, the interface's own addresses not at all.
//
// The error wraps ErrTooMany, ErrDown, ErrNoInterface, the cause of ctx, or an errno: EPERM without CAP_NET_RAW. It
// works in the network namespace of the calling thread. Safe for concurrent use; the Table is, too.
func ResolveLink(ctx context.Context, path *Path, addrs []uint32, opts LinkOptions) (*Table, error) {
	if len(addrs) > MaxLinkTargets {
		return nil, fmt.Errorf("resolve %d addresses on %s: %w, at most %d", len(addrs), path.Interface, ErrTooMany,
			MaxLinkTargets)
	}
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	t, err := resolveLink(ctx, path, addrs, opts)
	if errors.Is(err, ErrDown) || errors.Is(err, ErrNoInterface) {
		return nil, &InterfaceError{Interface: path.Interface, Err: err}
	}
	if err != nil {
		return nil, fmt.Errorf("resolve %d addresses on %s: %w", len(addrs), path.Interface, err)
	}
	return t, nil
}

func (o LinkOptions) withDefaults() (LinkOptions, error) {
	if o.RatePPS == 0 {
		o.RatePPS = 2000
	}
	if o.Passes == 0 {
		o.Passes = 2
	}
	if o.Wait == 0 {
		o.Wait = time.Second
	}
	if o.RatePPS < 0 || o.RatePPS > 1e6 || o.Passes < 0 || o.Wait < 0 {
		return o, fmt.Errorf("ARP at %d pps in %d passes with a wait of %v: out of range", o.RatePPS, o.Passes, o.Wait)
	}
	return o, nil
}

func resolveLink(ctx context.Context, path *Path, addrs []uint32, opts LinkOptions) (*Table, error) {
	k, err := openKernel()
	if err != nil {
		return nil, err
	}
	defer k.close()
	link, err := k.LinkByIndex(path.Ifindex)
	if notFound := (netlink.LinkNotFoundError{}); errors.As(err, &notFound) {
		return nil, ErrNoInterface // it was there when path was found
	}
	if err != nil {
		return nil, fmt.Errorf("look up interface: %w", err)
	}
	own, err := addresses(k, link)
	if err != nil {
		return nil, err
	}
	s, err := openARPSocket(path.Ifindex)
	if err != nil {
		return nil, fmt.Errorf("open ARP socket: %w", err)
	}
	defer s.close()

	others := slices.DeleteFunc(slices.Clone(addrs), func(addr uint32) bool { return hasAddress(own, addr) })
	a := newAsker(s, newARPRequest(path.SourceMAC, sender(path, own)), others, opts)
	if err := recall(k, path.Ifindex, a); err != nil {
		return nil, err
	}
	if err := a.run(ctx); err != nil {
		return nil, err
	}
	return a.table, nil
}

// sender returns the address that asks. One that the interface does not have would enter the neighbours' tables and
// take that address away from whoever has it.
func sender(path *Path, own []netlink.Addr) uint32 {
	for _, src := range path.Source {
		if hasAddress(own, src) {
			return src
		}
	}
	if len(own) == 0 {
		return 0
	}
	return hostOrder(own[0].IP)
}

func hasAddress(own []netlink.Addr, addr uint32) bool {
	return slices.ContainsFunc(own, func(a netlink.Addr) bool { return hostOrder(a.IP) == addr })
}

// recall takes over what the kernel knows of the wanted addresses.
func recall(k *netlinkKernel, ifindex int, a *asker) error {
	const certain = netlink.NUD_REACHABLE | netlink.NUD_PERMANENT | netlink.NUD_NOARP
	list, err := k.NeighList(ifindex, netlink.FAMILY_V4)
	if err != nil && !errors.Is(err, netlink.ErrDumpInterrupted) { // an entry that is missing will be asked for
		return fmt.Errorf("list neighbours: %w", err)
	}
	for _, n := range list {
		state := recalled
		if n.State&certain != 0 {
			state = answered
		}
		if usable(&n) {
			a.learn(hostOrder(n.IP), [6]byte(n.HardwareAddr), state)
		}
	}
	return nil
}
