// Package redirect brings frames to AF_XDP sockets: it loads and attaches the XDP program that package xsk needs to
// receive, without a C compiler.
//
//	                       ┌─ the queue has a socket ─► the socket's RX ring
//	frame ─► filter ─ yes ─┤
//	           │           └─ it has none ────────────► the host's stack
//	           └─ no ─────────────────────────────────► the host's stack
//
// A Filter says which frames: all, or those of an EtherType, of an IPv4 protocol, to some ports. The host keeps the rest,
// SSH included; with no filter it keeps nothing, not even ARP, on the queues that have sockets.
//
//	p, err := redirect.Attach(ifindex, redirect.Config{
//		Filter: redirect.Filter{Protocol: unix.IPPROTO_UDP, Ports: []uint16{53}},
//	})
//	// ... open the queues: attaching may change their number, and resets the rings of many drivers
//	err = p.Add(q.Info().Queue, q.RX().FD())
//
// # Whose program
//
// The program is attached by a bpf_link. It stays until Close or the end of the process, however that comes, whether or
// not anything still refers to the Program. A program of another owner is never displaced, unless Config.Replace asks
// for it: Attach returns a *ForeignProgramError that names it. Where a program of another owner has an XSKMAP that
// one may join, a dispatcher's for example, UseMap puts sockets into it instead.
//
// # Privileges
//
// Loading needs CAP_BPF and CAP_NET_ADMIN (Linux 5.8; CAP_SYS_ADMIN before), attaching CAP_NET_ADMIN in the network
// namespace of the calling thread, and Linux 5.9.
package redirect
