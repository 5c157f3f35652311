package scan

import (
	"encoding/binary"
	"testing"
)

// FuzzSteerAgainstParser gives frames to the XDP program and to Parse and the validator: they must say the same of each.
//
// A cookie is nothing that a fuzzer finds. So most frames are given theirs when the rest of them is done: the one that their
// addresses and ports want, off by something small or by nothing. What is tried is then the parsing around it.
func FuzzSteerAgainstParser(f *testing.F) {
	const us, alsoUs = 0xc6120001, 0x0a000001
	scans := []*both{
		newBothOf(f, PortRange{40000, 40999}, 1, us),
		newBothOf(f, PortRange{40000, 40002}, 2, us, alsoUs),
		newBothOf(f, PortRange{65535, 65535}, 1, us),
		newBothOf(f, PortRange{0, 65535}, 3, us),
	}
	for _, frame := range scans[0].answers() {
		for scan := range scans {
			f.Add(frame, uint8(scan), true, int8(0), uint8(0))
			f.Add(frame, uint8(scan), true, int8(-1), uint8(1)) // a RST with the bare sequence number
			f.Add(frame, uint8(scan), true, int8(1), uint8(2))
		}
		f.Add(frame, uint8(0), false, int8(0), uint8(0))
	}
	for i, c := range scans[0].candidates(f) {
		f.Add(c.frame, uint8(i), true, int8(0), uint8(0))
		f.Add(c.frame, uint8(0), false, int8(0), uint8(0))
	}
	f.Fuzz(func(t *testing.T, frame []byte, scan uint8, sign bool, off int8, ahead uint8) {
		if len(frame) < 14 || len(frame) > 1500 {
			t.Skip("the kernel runs nothing shorter than an Ethernet header")
		}
		b := scans[int(scan)%len(scans)]
		if sign {
			frame = b.sign(frame, uint32(int32(off)), uint16(ahead%4))
		}
		if kernel, user := b.verdicts(t, frame); kernel != user {
			t.Errorf("%x: kernel says %v, Go says %v", frame, kernel, user)
		}
	})
}

// sign returns a copy of a frame that is a SYN-ACK or a RST to a probe, or an error that quotes one, as far as its
// addresses and its target's port go: off is added to the number that it acknowledges or quotes, and our port is so many
// ahead of the first probe's. It is done to frames that are only nearly well formed as well.
func (b *both) sign(frame []byte, off uint32, ahead uint16) []byte {
	frame = append([]byte(nil), frame...)
	be := binary.BigEndian
	at := 12
	for tags := 0; tags < 3 && at+4 < len(frame) && (be.Uint16(frame[at:]) == 0x8100 || be.Uint16(frame[at:]) == 0x88a8); tags++ {
		at += 4
	}
	ip := frame[min(at+2, len(frame)):]
	if len(ip) < 20 {
		return frame
	}
	body := ip[min(max(20, int(ip[0]&15)*4), len(ip)):]
	const icmp = 1
	if ip[9] != icmp {
		if len(body) >= 12 {
			c := b.cookieOf(be.Uint32(ip[16:]), be.Uint32(ip[12:]), be.Uint16(body))
			be.PutUint16(body[2:], shift(c.port(b.ports), b.ports, int(ahead)))
			be.PutUint32(body[8:], c.seq()+1+off)
		}
		return frame
	}
	if len(body) < 8+20 {
		return frame
	}
	quote := body[8:]
	tcp := quote[min(max(20, int(quote[0]&15)*4), len(quote)):]
	if len(tcp) >= 8 {
		c := b.cookieOf(be.Uint32(quote[12:]), be.Uint32(quote[16:]), be.Uint16(tcp[2:]))
		be.PutUint16(tcp, shift(c.port(b.ports), b.ports, int(ahead)))
		be.PutUint32(tcp[4:], c.seq()+off)
	}
	return frame
}

// cookieOf is the cookie of a probe from us, if that is one of our addresses, and else of one from our first.
func (b *both) cookieOf(us, target uint32, port uint16) cookie {
	for i := range b.sources {
		if b.sources[i].addr == us {
			return b.sources[i].cookie(target, port)
		}
	}
	return b.sources[0].cookie(target, port)
}
