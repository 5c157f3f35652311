// Package lab makes an isolated network with a simulated Internet in it, whose truth is known.
//
// A Lab is two unnamed network namespaces joined by a veth pair and by nothing else:
//
//	     Scanner                                   World
//	┌──────────────────┐                  ┌───────────────────────┐
//	│ scan0            │                  │ world0                │
//	│ 198.18.0.1 ──────┼── veth, N queues ┼── 198.18.0.2, gateway │
//	└──────────────────┘                  │ 198.18.0.0/15: a world│
//	                                      └───────────────────────┘
//
// Both ends of the pair are made inside the new namespaces, never where the machine's own interfaces are, and
// neither namespace forwards or has another way out. Nothing has a name, so all of it vanishes with the last
// file descriptor: at Close, or when the process dies, however it dies.
//
// There are two worlds:
//
//   - [Lab.KernelWorld]: the Linux TCP stack answers for the whole network, with real listeners. Its counters
//     (InHdrErrors, InCsumErrors) are a second opinion on whether packets are right.
//   - [Lab.Simulate]: an XDP program answers by a keyed hash of (address, port), as fast as probes can be sent,
//     with whatever loss, duplicates, wrong acknowledgements and forged floods a test asks for.
//
// # What is set
//
// In both namespaces, and only there: IPv6 is off, so that nothing speaks uninvited; rp_filter is 0, because the
// world answers from addresses it has no route to; ip_forward is 0. On both ends of the pair: transmit checksum
// offload is off, and segmentation offload with it, because between two kernels it leaves TCP checksums unfilled
// and XDP would see them so; GRO is on, because it gives an end the NAPI without which frames that
// XDP redirects to it are lost when it has no XDP program of its own. The kernel world sets more, see there.
//
// The package needs CAP_SYS_ADMIN to make namespaces, CAP_NET_ADMIN for what is in them, CAP_NET_RAW for whatever is
// to send in them, and Linux 5.18.
package lab
