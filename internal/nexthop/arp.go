package nexthop

import (
	"bytes"
	"encoding/binary"
)

// The layout of an ARP packet for IPv4 over Ethernet (RFC 826), as offsets into the frame that carries it.
const (
	etherTypeAt   = 12
	arpAt         = 14        // hardware type, protocol type, address lengths: always arpForIPv4
	operationAt   = arpAt + 6 // 1 request, 2 reply
	senderMACAt   = arpAt + 8
	senderIPAt    = arpAt + 14
	targetMACAt   = arpAt + 18
	targetIPAt    = arpAt + 24
	arpFrameLen   = arpAt + 28 // the device pads it to the minimum of 60
	operationWant = 2
)

// broadcast is the address of everybody on the link.
const broadcast = "\xff\xff\xff\xff\xff\xff"

// arpForIPv4 is Ethernet (1), IPv4 (0x0800), addresses of 6 and 4 bytes, preceded by the EtherType of ARP.
const arpForIPv4 = "\x08\x06" + "\x00\x01\x08\x00\x06\x04"

// newARPRequest returns a broadcast question from mac and ip, the target left to ask. An ip of 0 makes it a probe
// (RFC 5227): hosts answer it, but do not learn from it.
func newARPRequest(mac [6]byte, ip uint32) *[arpFrameLen]byte {
	var f [arpFrameLen]byte
	copy(f[:], broadcast)
	copy(f[6:], mac[:])
	copy(f[etherTypeAt:], arpForIPv4)
	f[operationAt+1] = 1
	copy(f[senderMACAt:], mac[:])
	binary.BigEndian.PutUint32(f[senderIPAt:], ip)
	return &f
}

// parseARPReply returns who says to be where in frame, an Ethernet frame. Requests are not taken, nor are group
// addresses: a host has one of its own, and frames to a group reach others.
func parseARPReply(frame []byte) (ip uint32, mac [6]byte, ok bool) {
	if len(frame) < arpFrameLen ||
		!bytes.Equal(frame[etherTypeAt:operationAt], []byte(arpForIPv4)) ||
		binary.BigEndian.Uint16(frame[operationAt:]) != operationWant {
		return 0, mac, false
	}
	mac = [6]byte(frame[senderMACAt:])
	ip = binary.BigEndian.Uint32(frame[senderIPAt:])
	group := mac[0]&1 != 0
	return ip, mac, !group && mac != [6]byte{}
}
