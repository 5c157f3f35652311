// Package packet writes the probes of a TCP SYN scan and reads what comes back.
//
// A [Template] is a whole frame, built once with gopacket. [Template.Put] writes it into a transmit buffer with one
// [Probe]'s addresses, ports, sequence number and IP ID in place and both checksums right:
//
//	Ethernet 14 │ 802.1Q 4 (optional) │ IPv4 20 │ TCP 20 │ options 0, 4, 12, 20 or 24
//
// [Parse] does the opposite for the three answers that a scanner can use: SYN-ACK, RST, and an ICMP error that quotes
// the probe. Put and Parse neither allocate nor keep anything; their state is in their arguments. The package knows
// nothing of scanning or of sockets: it does not know which answers are to our own probes.
//
// # Numbers
//
// An IPv4 address is a uint32 in host order: 1.2.3.4 is 0x01020304. Ports, sequence numbers and checksums are host
// order too; only frames are in network order.
//
// # What Parse accepts
//
// The XDP program that steers answers to user space (package bpf) follows the same rules, so that neither drops what
// the other would have taken. A frame is a reply if all of the following hold; the order does not matter.
//
// Link layer:
//
//  1. The Ethernet header is followed by at most two tags, each 802.1Q (0x8100) or 802.1ad (0x88a8), and then by
//     EtherType 0x0800. MAC addresses are not looked at. The VLAN of a reply is the outermost tag's 12-bit ID.
//
// IPv4, outermost header:
//
//  2. 20 bytes are there; the version is 4; the header length (IHL × 4) is at least 20, and lies inside both the frame
//     and the total length.
//  3. It is not a fragment: neither more-fragments nor an offset (field & 0x3fff is 0). DF and the reserved bit are
//     not looked at.
//  4. The total length ends the packet: what the frame holds beyond it is Ethernet padding.
//
// TCP (protocol 6):
//
//  5. The total length does not reach beyond the frame.
//  6. The header length (data offset × 4) is at least 20 and lies inside the total length. Data may follow.
//  7. SYN and ACK are set and RST and FIN are clear: a SYN-ACK. Or RST is set, with any other flags: a RST. PSH, URG,
//     ECE, CWR and the reserved bits are not looked at.
//  8. Options never make a reply unacceptable: reading them stops at the first that is cut off or shorter than two
//     bytes, and keeps what was found. A known option of an unknown length is skipped. Of two of a kind, the last counts.
//     The kinds of all of them are listed, in order: also that of the one that stops the reading, and the end of the
//     list as often as it fills the header.
//
// ICMP (protocol 1):
//
//  9. The type is 3 (unreachable), 4 (source quench), 5 (redirect) or 11 (time exceeded), with any code.
//  10. After the 8-byte ICMP header, inside the total length and the frame (which may be shorter here), there is a
//     quoted IPv4 header (version 4, IHL × 4 at least 20) and 8 bytes behind it: ports and sequence number, which
//     RFC 792 promises.
//  11. The quote is of TCP (protocol 6) and its fragment offset is 0 (field & 0x1fff). The quoted total length is not
//     looked at, because some routers change it; so is all that a router rewrites on the way (TTL, checksum).
//
// Checksums are not verified: the answer's cookie is a far stronger check. [VerifyChecksums] does it where it matters.
package packet
