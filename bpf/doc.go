// Package bpf holds the XDP programs of the scanner: their C sources in src, their compiled objects, and the code that
// loads them, sets them up, attaches them and reads their counters.
//
// There is one so far. Steer hands true answers to AF_XDP sockets and leaves all other traffic of the host alone:
//
//	                                    ┌─ cookie right ──────────► AF_XDP socket of the queue
//	frame ─► SYN-ACK, RST or ICMP error │
//	         at one of our source ports ┼─ wrong, a socket owns it ► the host's stack
//	                 │                  └─ wrong, nobody's ────────► dropped and counted
//	                 └─ anything else ──────────────────────────────► the host's stack
//
// A program is attached by bpf_link: it vanishes with the process that attached it, however that process dies, and it
// never displaces another program. The package decides nothing about a scan; it is told the key, the addresses and the
// ports.
package bpf
