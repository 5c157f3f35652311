package scan

import (
	"crypto/rand"
	"encoding/binary"
	"math/bits"

	"github.com/xsweep/xsweep/packet"
)

// Key is the secret of a scan: who knows it can forge answers. It decides nothing about the order of targets.
type Key [2]uint64

// NewKey returns a random key.
func NewKey() Key {
	var b [16]byte
	rand.Read(b[:]) // never fails, says its documentation
	return Key{binary.LittleEndian.Uint64(b[:8]), binary.LittleEndian.Uint64(b[8:])}
}

// sip is the state of SipHash-1-3 (Aumasson and Bernstein, 2012, with the rounds that Rust and Python chose). The
// program in bpf/src/cookie.h computes the same; testdata/cookie.txt holds the two equal.
//
// The message is 14 bytes, little endian: our address, four zeros, the target's address, its port. The zeros put what
// is the same for all targets into the first block, which is hashed once per source address.
type sip struct{ a, b, c, d uint64 }

// round takes and returns values: through a pointer the state would stay in memory, at twice the time per cookie. It is
// just small enough to be inlined.
func round(a, b, c, d uint64) (uint64, uint64, uint64, uint64) {
	a += b
	b = bits.RotateLeft64(b, 13) ^ a
	a = bits.RotateLeft64(a, 32)
	c += d
	d = bits.RotateLeft64(d, 16) ^ c
	a += d
	d = bits.RotateLeft64(d, 21) ^ a
	c += b
	return a, bits.RotateLeft64(b, 17) ^ c, bits.RotateLeft64(c, 32), d
}

// source is the hash of one of our addresses, ready for targets.
type source struct {
	addr  uint32
	state sip
}

func newSource(key Key, addr uint32) source {
	s := sip{
		key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d,
		key[0] ^ 0x6c7967656e657261, key[1] ^ 0x7465646279746573,
	}
	s.a, s.b, s.c, s.d = round(s.a, s.b, s.c, s.d^uint64(addr))
	s.a ^= uint64(addr)
	return source{addr: addr, state: s}
}

// cookie is what a probe carries and its answer brings back: 32 bits of sequence number, 16 that choose the source
// port, 16 of IP ID.
type cookie uint64

// cookie hashes the flow from s to one target.
func (s *source) cookie(target uint32, port uint16) cookie { return s.hash(message(target, port)) }

// message is the second block of what is hashed, the one that differs from target to target; it ends in the length.
func message(target uint32, port uint16) uint64 { return 14<<56 | uint64(port)<<32 | uint64(target) }

// targetOf is the target that a message is about.
func targetOf(message uint64) (addr uint32, port uint16) {
	return uint32(message), uint16(message >> 32)
}

// hash finishes the hash with a target's message.
func (s *source) hash(m uint64) cookie {
	a, b, c, d := round(s.state.a, s.state.b, s.state.c, s.state.d^m)
	a, b, c, d = round(a^m, b, c^0xff, d)
	a, b, c, d = round(a, b, c, d)
	a, b, c, d = round(a, b, c, d)
	return cookie(a ^ b ^ c ^ d)
}

// cookiesEach is cookies, one by one.
func (s *source) cookiesEach(cookies, messages []uint64) {
	for i, m := range messages {
		cookies[i] = uint64(s.hash(m))
	}
}

func (c cookie) seq() uint32 { return uint32(c) }
func (c cookie) id() uint16  { return uint16(c >> 48) }

// PortRange is a range of source ports, both ends in it.
type PortRange struct{ First, Last uint16 }

// Len is the number of ports; 0 where Last is below First.
func (r PortRange) Len() int { return max(0, int(r.Last)-int(r.First)+1) }

// port is the source port of a target's first probe.
func (c cookie) port(r PortRange) uint16 {
	return r.First + uint16(uint32(c>>32&0xffff)*uint32(r.Len())>>16)
}

// write makes the n-th probe of a target, n from 0, whose cookie is c: each goes out from the next source port. It writes
// it in place: a structure of this size, returned by value, is written twice, and the second copy waits for the first.
func (s *source) write(p *packet.Probe, target uint32, port uint16, c cookie, r PortRange, n int) {
	p.Src, p.Dst = s.addr, target
	p.SrcPort, p.DstPort = shift(c.port(r), r, n), port
	p.Seq, p.ID = c.seq(), c.id()
}

// writeAll is write for targets that differ in nothing else, as many as batch: their messages, and the cookies of those. What
// is the same for all stays in registers.
func (s *source) writeAll(batch []packet.Probe, messages, cookies []uint64, r PortRange, n int) {
	us, size, first := s.addr, uint32(r.Len()), r.First
	messages, cookies = messages[:len(batch)], cookies[:len(batch)]
	for i := range batch {
		p, m, c := &batch[i], messages[i], cookies[i]
		p.Src, p.Dst = us, uint32(m)
		p.SrcPort, p.DstPort = first+uint16(uint32(c>>32&0xffff)*size>>16), uint16(m>>32)
		p.Seq, p.ID = uint32(c), uint16(c>>48)
	}
	if n > 0 {
		for i := range batch {
			batch[i].SrcPort = shift(batch[i].SrcPort, r, n)
		}
	}
}

// shift moves a source port n places on, wrapping round the end of the range.
func shift(port uint16, r PortRange, n int) uint16 {
	if n == 0 {
		return port
	}
	return r.First + uint16((int(port-r.First)+n)%r.Len())
}
