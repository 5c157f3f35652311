package lab

import (
	"encoding/binary"
	"testing"
)

// verdictOf is the program's decision, made again by plain reading.
func verdictOf(t *truth, f []byte) (verdict uint32, outcome Outcome) {
	be16, be32 := binary.BigEndian.Uint16, binary.BigEndian.Uint32
	if len(f) < 54 || be16(f[12:]) != 0x0800 || f[23] != 6 {
		return xdpPass, Silent
	}
	dst, port, flags := be32(f[30:]), be16(f[36:]), f[47]
	switch {
	case dst>>17 != 0xC612>>1, dst == WorldAddr, dst == ScannerAddr:
		return xdpPass, Silent
	case flags&0x04 != 0:
		return xdpDrop, Silent
	case flags&0x13 != 0x02:
		return xdpPass, Silent
	}
	header, total := int(f[46]>>4)*4, int(be16(f[16:]))
	if f[14] != 0x45 || be16(f[20:])&0x3fff != 0 || header < 20 || total != 20+header || len(f) < 14+total {
		return xdpDrop, Silent
	}
	ip, tcp := f[14:34], f[34:14+total]
	if onesSum(0, ip) != 0xffff || tcpSum(ip, tcp) != 0xffff {
		return xdpDrop, Silent
	}
	if outcome = t.outcome(dst, port); outcome == Silent {
		return xdpDrop, Silent
	}
	return xdpTX, outcome
}

// FuzzProgram compares the program with verdictOf, and requires that whatever it sends is right in every byte.
func FuzzProgram(f *testing.F) {
	for _, profile := range optionProfiles {
		f.Add(rawTCP(segment{dst: 0xC6120304, sport: 40000, dport: 80, seq: 1, flags: 0x02, options: profile.options}), false)
	}
	f.Add(rawTCP(segment{dst: 0xC6120304, flags: 0x04}), true)
	f.Add(rawTCP(segment{dst: WorldAddr, flags: 0x02, payload: []byte("payload")}), true)
	f.Add(rawTCP(segment{dst: 0xC6130304, flags: 0x02, padding: 9}), true)
	p, truth := loadTestProgram(f, SimConfig{Open: 0.3, Closed: 0.3, ICMP: 0.3})
	f.Fuzz(func(t *testing.T, frame []byte, fix bool) {
		if len(frame) < 14 || len(frame) > 1500 {
			t.Skip() // what the kernel does not run, and what the wire does not carry
		}
		if fix && len(frame) >= 54 {
			if total := int(binary.BigEndian.Uint16(frame[16:])); total >= 40 && 14+total <= len(frame) {
				fixChecksums(frame)
			}
		}
		want, outcome := verdictOf(truth, frame)
		got, out := p.run(t, frame)
		if got != want {
			t.Fatalf("verdict is %d, want %d, on %x", got, want, frame)
		}
		if want != xdpTX {
			return
		}
		if got := outcomeOfReply(t, xdpTX, out); got != outcome {
			t.Errorf("answer is %v, want %v", got, outcome)
		}
		ip := out[14:34]
		if onesSum(0, ip) != 0xffff {
			t.Errorf("answer's IPv4 header sums to %#04x", onesSum(0, ip))
		}
		body := out[34 : 14+int(binary.BigEndian.Uint16(ip[2:]))]
		sum := onesSum(0, body)
		if outcome != Unreachable {
			sum = tcpSum(ip, body)
		}
		if sum != 0xffff {
			t.Errorf("answer's body sums to %#04x: %x", sum, out)
		}
	})
}
