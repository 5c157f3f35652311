package lab

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// KernelWorld is a world in which the Linux TCP stack answers for every address of [Network] but the scanner's: with a
// SYN-ACK where there is a listener, with a RST elsewhere. Its methods may be called concurrently.
//
// So that it always does, it sets in the world's namespace: tcp_syncookies to 0 and tcp_max_syn_backlog and
// somaxconn to 2^20, because otherwise a busy listener would answer statelessly or not at all. The rest is as
// the kernel has it: a SYN-ACK that nobody answers is sent six times over a minute (tcp_synack_retries), and RSTs
// from closed ports are not limited. The settings remain until the Lab is closed.
//
// What arrives goes through the machine's packet backlog (net.core.netdev_max_backlog) or a ring of 256
// frames; more than some 100,000 probes a second may overrun the stack.
type KernelWorld struct {
	host      *Host
	listeners []net.Listener
	open      map[netip.AddrPort]bool
	serving   sync.WaitGroup
	closing   sync.Once
	closeErr  error
}

// backlog is the number of half-open connections that the world can hold, for each listener and in all.
const backlog = 1 << 20

// KernelWorld starts a world with these listeners, which accept connections and close them. An unspecified address
// (0.0.0.0) listens on every address. Every listener costs a file descriptor. The world ends when it or the Lab is
// closed; a second one, or one beside a simulation, would get in the other's way.
func (l *Lab) KernelWorld(listeners []netip.AddrPort) (*KernelWorld, error) {
	k := &KernelWorld{host: l.World, open: make(map[netip.AddrPort]bool, len(listeners))}
	err := l.World.Do(func() error {
		for name, value := range map[string]string{
			"net/ipv4/tcp_syncookies":      "0",
			"net/ipv4/tcp_max_syn_backlog": fmt.Sprint(backlog),
			"net/core/somaxconn":           fmt.Sprint(backlog),
		} {
			if err := setSysctl(name, value); err != nil {
				return err
			}
		}
		if err := k.ownNetwork(); err != nil {
			return err
		}
		return k.listen(listeners)
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start kernel world: %w", err), k.Close())
	}
	for _, ln := range k.listeners {
		k.serving.Go(func() { acceptAndClose(ln) })
	}
	if err := l.adopt(k); err != nil {
		return nil, err
	}
	return k, nil
}

// ownNetwork makes every address of the network local, except the scanner's. Both routes are in the table that decides
// what is local, where the longer prefix wins; as long as there are no policy rules the kernel looks into that
// table and the main one at once, and the scanner's route in the main table would do.
func (k *KernelWorld) ownNetwork() error {
	for _, route := range k.routes() {
		if err := netlink.RouteReplace(&route); err != nil {
			return fmt.Errorf("add local route to %s: %w", route.Dst, err)
		}
	}
	return nil
}

func (k *KernelWorld) routes() []netlink.Route {
	const loopback = 1 // the index of lo in every namespace
	return []netlink.Route{
		{
			Dst: ipNet(prefix32(ScannerAddr)), LinkIndex: k.host.ifindex, Src: toIP(WorldAddr),
			Scope: netlink.SCOPE_LINK, Table: unix.RT_TABLE_LOCAL,
		},
		{
			Dst: ipNet(Network()), LinkIndex: loopback,
			Scope: netlink.SCOPE_HOST, Table: unix.RT_TABLE_LOCAL, Type: unix.RTN_LOCAL,
		},
	}
}

func (k *KernelWorld) listen(addrs []netip.AddrPort) error {
	cfg := net.ListenConfig{}
	for _, addr := range addrs {
		if !addr.Addr().Is4() {
			return fmt.Errorf("listen on %s: not an IPv4 address", addr)
		}
		ln, err := cfg.Listen(context.Background(), "tcp4", addr.String())
		if err != nil {
			return err
		}
		k.listeners = append(k.listeners, ln)
		k.open[addr] = true
		if err := growBacklog(ln); err != nil {
			return fmt.Errorf("listen on %s: %w", addr, err)
		}
	}
	return nil
}

// growBacklog listens once more, which changes the length of the queue: package net took it from the machine's setting.
func growBacklog(ln net.Listener) error {
	conn, err := ln.(syscall.Conn).SyscallConn()
	if err != nil {
		return err
	}
	var listenErr error
	if err := conn.Control(func(fd uintptr) { listenErr = unix.Listen(int(fd), backlog) }); err != nil {
		return err
	}
	return os.NewSyscallError("listen", listenErr)
}

func acceptAndClose(ln net.Listener) {
	for {
		conn, err := ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(10 * time.Millisecond) // out of descriptors, most likely
			continue
		}
		conn.Close()
	}
}

// Truth says what the world answers to a SYN: Open, Closed, or Silent for the scanner's own address and whatever is
// outside the network. addr is in host byte order.
func (k *KernelWorld) Truth(addr uint32, port uint16) Outcome {
	a := toAddr(addr)
	switch {
	case addr == ScannerAddr || !Network().Contains(a):
		return Silent
	case k.open[netip.AddrPortFrom(a, port)] || k.open[netip.AddrPortFrom(netip.IPv4Unspecified(), port)]:
		return Open
	}
	return Closed
}

// KernelCounters is what the world's TCP/IP stack has counted since the Lab was made.
type KernelCounters struct {
	InReceives      uint64 // IPv4 packets that arrived
	InHdrErrors     uint64 // of them with a bad header, a wrong checksum included
	InAddrErrors    uint64 // of them for an address that is not the world's
	InSegs          uint64 // TCP segments that arrived
	InErrs          uint64 // of them with any error
	InCsumErrors    uint64 // of them with a wrong checksum
	OutSegs         uint64 // TCP segments sent, without RSTs and retransmissions
	OutRsts         uint64 // RSTs sent
	PassiveOpens    uint64 // connections that reached SYN_RECV
	ListenDrops     uint64 // SYNs and connections that a listener had no room for
	RetransSegments uint64 // segments sent again
}

// Counters reads the counters of the world's stack.
func (k *KernelWorld) Counters() (KernelCounters, error) {
	c, err := k.host.SNMP()
	if err != nil {
		return KernelCounters{}, err
	}
	return KernelCounters{
		InReceives:      c["IpInReceives"],
		InHdrErrors:     c["IpInHdrErrors"],
		InAddrErrors:    c["IpInAddrErrors"],
		InSegs:          c["TcpInSegs"],
		InErrs:          c["TcpInErrs"],
		InCsumErrors:    c["TcpInCsumErrors"],
		OutSegs:         c["TcpOutSegs"],
		OutRsts:         c["TcpOutRsts"],
		PassiveOpens:    c["TcpPassiveOpens"],
		ListenDrops:     c["TcpExtListenDrops"],
		RetransSegments: c["TcpRetransSegs"],
	}, nil
}

// HalfOpen counts the connections in SYN_RECV: those whose SYN-ACK was answered by neither ACK nor RST.
func (k *KernelWorld) HalfOpen() (int, error) {
	const synRecv = "03" // TCP_SYN_RECV of net/tcp_states.h, as the file shows it
	n := 0
	err := k.host.Do(func() error {
		f, err := os.Open("/proc/thread-self/net/tcp")
		if err != nil {
			return err
		}
		defer f.Close()
		lines := bufio.NewScanner(f)
		for lines.Scan() {
			// sl, local address, remote address, state
			if fields := strings.Fields(lines.Text()); len(fields) > 3 && fields[3] == synRecv {
				n++
			}
		}
		return lines.Err()
	})
	if err != nil {
		return 0, fmt.Errorf("count half-open connections: %w", err)
	}
	return n, nil
}

// Close ends the listeners and gives the network's addresses up. A second Close does nothing.
func (k *KernelWorld) Close() error {
	k.closing.Do(func() {
		var errs []error
		for _, ln := range k.listeners {
			errs = append(errs, ln.Close())
		}
		k.serving.Wait()
		errs = append(errs, k.host.Do(func() error {
			for _, route := range k.routes() {
				if err := netlink.RouteDel(&route); err != nil && !errors.Is(err, unix.ESRCH) {
					return fmt.Errorf("remove local route to %s: %w", route.Dst, err)
				}
			}
			return nil
		}))
		k.closeErr = errors.Join(errs...)
	})
	return k.closeErr
}
