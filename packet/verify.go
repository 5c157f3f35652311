package packet

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// VerifyChecksums returns nil if frame holds an unfragmented IPv4 packet of TCP or ICMP, complete, whose header
// checksum and TCP or ICMP checksum are right, and an error that says which is wrong if not.
//
// It sums every byte as RFC 1071 has it and shares no shortcut with Put, which it is there to check.
func VerifyChecksums(frame []byte) error {
	var d datagram
	if !d.find(frame) {
		return errors.New("verify checksums: not an unfragmented IPv4 packet")
	}
	if d.cut {
		return errors.New("verify checksums: the IPv4 total length reaches beyond the frame")
	}
	if sum := onesSum(0, d.header); sum != 0xffff {
		return fmt.Errorf("verify checksums: IPv4 header sums to %#04x, want 0xffff", sum)
	}
	var pseudo uint32
	name := "ICMP message"
	switch d.header[9] {
	case protocolICMP:
	case protocolTCP:
		name = "TCP segment"
		pseudo = uint32(onesSum(0, d.header[12:20])) + protocolTCP + uint32(len(d.payload))
	default:
		return fmt.Errorf("verify checksums: IP protocol %d is neither TCP nor ICMP", d.header[9])
	}
	if sum := onesSum(pseudo, d.payload); sum != 0xffff {
		return fmt.Errorf("verify checksums: %s sums to %#04x, want 0xffff", name, sum)
	}
	return nil
}

// onesSum is the textbook ones' complement sum of b's 16-bit words and start, folded until nothing carries. It is 0xffff
// for whatever includes its own right checksum. b is an IPv4 packet at most, so 32 bits hold the sum.
func onesSum(start uint32, b []byte) uint16 {
	sum := start
	for ; len(b) >= 2; b = b[2:] {
		sum += uint32(binary.BigEndian.Uint16(b))
	}
	if len(b) == 1 {
		sum += uint32(b[0]) << 8
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return uint16(sum)
}
