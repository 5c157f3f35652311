package packet

import (
	"encoding/binary"
	"math/bits"
)

// The Internet checksum (RFC 1071) is arithmetic modulo 2^16-1, in which 2^16 and 2^32 are both 1. So 16-bit and
// 32-bit words may be added side by side into one 64-bit sum, without carries, and folded to 16 bits at the end.

// upperHalf masks the half of foldHigh's result that counts.
const upperHalf = 0xffff0000

// foldHigh returns sum modulo 2^16-1 in the upper half of its result, with 0xffff rather than 0 for a multiple of it
// (0 only if sum is 0): the ones' complement sum. The lower half is of no use.
//
// Adding a number to itself with its halves swapped leaves in the upper half the sum of both halves plus the carry
// out of them: the end-around carry, complete in one step. A sum that is folded by shift and mask needs a second
// fold for the carry of the first, and without it one header in tens of thousands comes out wrong.
func foldHigh(sum uint64) uint32 {
	sum += bits.RotateLeft64(sum, 32)
	half := uint32(sum >> 32)
	return half + bits.RotateLeft32(half, 16)
}

// add returns sum plus the 16-bit words of b, the last padded with a zero byte if its length is odd.
// b is shorter than 2^32 bytes, so nothing overflows.
func add(sum uint64, b []byte) uint64 {
	for len(b) >= 2 {
		sum += uint64(binary.BigEndian.Uint16(b))
		b = b[2:]
	}
	if len(b) == 1 {
		sum += uint64(b[0]) << 8
	}
	return sum
}

// pseudoHeader returns the part of a TCP checksum that is not in the segment, for one of size bytes: addresses,
// protocol and length (RFC 9293, 3.1).
func pseudoHeader(src, dst uint32, size int) uint64 {
	return uint64(src) + uint64(dst) + protocolTCP + uint64(size)
}
