// Package nexthop finds the way of a scan: by which interface its frames leave, under which source address, and to
// which link-layer address they are sent.
//
//	targets ──► route look-up ──► interface, source address ──► gateway? ──yes──► neighbour table ──► next hop
//	            (or -i, -S)                                        │                  │ cold
//	                                                               no                 ▼
//	                                                               │              the kernel is made to ask (ARP)
//	                                                               ▼
//	                                                      on the link: ResolveLink asks each target itself
//
// [Find] makes the choice the kernel would make for a connection to the same targets. Where the neighbour table does
// not hold the gateway, it has the kernel resolve it (RTM_NEWNEIGH with NTF_USE, neighbour(8) "use"), so that
// arp_announce, VRF, bonding and whatever else the administrator set up hold for the question as for any other packet.
//
// Targets on the link itself have a link-layer address each. [ResolveLink] asks for them on a socket of its own: the
// kernel's table is bounded (gc_thresh3, 1024 entries by default) and shared with the host's own traffic.
//
// # Network namespaces
//
// Everything happens in the network namespace of the calling thread. All sockets are opened, used and closed by the
// calling goroutine, none is started beside it: a caller that entered a namespace with runtime.LockOSThread and setns
// gets answers about that namespace.
//
// # Privileges
//
// Reading routes and neighbours needs none. Having the kernel ask for a gateway needs CAP_NET_ADMIN; without it Find
// falls back to an empty UDP datagram to the gateway's discard port (9), which makes the kernel ask as well.
// ResolveLink needs CAP_NET_RAW.
//
// IPv4 addresses are uint32 in host order: 1.2.3.4 is 0x01020304.
package nexthop
