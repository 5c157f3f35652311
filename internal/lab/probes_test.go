package lab

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// TestBadProbes counts what a scanner must never send. None of it is answered.
func TestBadProbes(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(frame []byte) []byte
		want  Counters
	}{
		{"ip checksum off by one", func(f []byte) []byte { f[25]++; return f }, Counters{SYNs: 1, BadIPChecksum: 1}},
		{"ip header changed", func(f []byte) []byte { f[22]--; return f }, Counters{SYNs: 1, BadIPChecksum: 1}},
		{"tcp checksum off by one", func(f []byte) []byte { f[51]++; return f }, Counters{SYNs: 1, BadTCPChecksum: 1}},
		{"tcp checksum zero", func(f []byte) []byte { f[50], f[51] = 0, 0; return f }, Counters{SYNs: 1, BadTCPChecksum: 1}},
		{"first word of tcp changed", func(f []byte) []byte { f[34]++; return f }, Counters{SYNs: 1, BadTCPChecksum: 1}},
		{"last byte of options changed", func(f []byte) []byte { f[73]++; return f }, Counters{SYNs: 1, BadTCPChecksum: 1}},
		{"tcp summed without the pseudo-header's length", func(f []byte) []byte {
			sum := onesSum(uint32(onesSum(6, f[26:34])), append(append([]byte{}, f[34:50]...), f[52:74]...))
			binary.BigEndian.PutUint16(f[50:], ^sum)
			return f
		}, Counters{SYNs: 1, BadTCPChecksum: 1}},
		{"frame cut in the options", func(f []byte) []byte { return f[:73] }, Counters{SYNs: 1, Malformed: 1}},
		{"header length below five words", func(f []byte) []byte { f[46] = 4 << 4; return f }, Counters{SYNs: 1, Malformed: 1}},
		{"header length past the packet", func(f []byte) []byte { f[46] = 15 << 4; return f }, Counters{SYNs: 1, Malformed: 1}},
		{"total length one short", func(f []byte) []byte { f[17]--; return f }, Counters{SYNs: 1, Malformed: 1}},
		{"more fragments", func(f []byte) []byte { f[20] = 0x20; return f }, Counters{SYNs: 1, Malformed: 1}},
		{"ip options", func(f []byte) []byte { f[14] = 0x46; return f }, Counters{SYNs: 1, Malformed: 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, _ := loadTestProgram(t, SimConfig{Open: 1})
			frame := tt.spoil(rawTCP(segment{dst: 0xC6120304, dport: 80, flags: 0x02, options: optionProfiles[3].options}))
			if verdict, _ := p.run(t, frame); verdict != xdpDrop {
				t.Errorf("verdict is %d, want %d", verdict, xdpDrop)
			}
			got := p.mustCount(t)
			got.First, got.Last = 0, 0
			if got != tt.want {
				t.Errorf("counters:\n got %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

// TestSkipChecksums believes a probe that no kernel would.
func TestSkipChecksums(t *testing.T) {
	p, _ := loadTestProgram(t, SimConfig{Open: 1, SkipChecksums: true})
	frame := rawSYN(0xC6120304, 80, 1)
	frame[25], frame[50] = ^frame[25], ^frame[50]
	verdict, out := p.run(t, frame)
	if verdict != xdpTX {
		t.Fatalf("verdict is %d, want %d", verdict, xdpTX)
	}
	decode(t, out) // the answer is right all the same
}

// TestPassedFrames leaves to the kernel what is the kernel's.
func TestPassedFrames(t *testing.T) {
	arp := append(append(append([]byte{}, 255, 255, 255, 255, 255, 255), testScannerMAC...), 8, 6)
	arp = append(arp, make([]byte, 46)...)
	udp := rawSYN(0xC6120304, 80, 1)
	udp[23] = 17
	tests := []struct {
		name  string
		frame []byte
		syns  uint64
	}{
		{name: "arp", frame: arp},
		{name: "udp to the network", frame: udp},
		{name: "cut in the tcp header", frame: rawSYN(0xC6120304, 80, 1)[:53]},
		{name: "syn to the world's own address", frame: rawSYN(WorldAddr, 80, 1), syns: 1},
		{name: "syn to the scanner's own address", frame: rawSYN(ScannerAddr, 80, 1), syns: 1},
		{name: "rst to the world's own address", frame: rawTCP(segment{dst: WorldAddr, flags: 0x04})},
		{name: "just below the network", frame: rawSYN(0xC611FFFF, 80, 1)},
		{name: "just above the network", frame: rawSYN(0xC6140000, 80, 1)},
		{name: "syn-ack to the network", frame: rawTCP(segment{dst: 0xC6120304, flags: 0x12})},
		{name: "ack to the network", frame: rawTCP(segment{dst: 0xC6120304, flags: 0x10})},
		{name: "fin to the network", frame: rawTCP(segment{dst: 0xC6120304, flags: 0x01})},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, _ := loadTestProgram(t, SimConfig{Open: 1})
			verdict, out := p.run(t, tt.frame)
			if verdict != xdpPass || !bytes.Equal(out, tt.frame) {
				t.Errorf("verdict is %d, frame %x; want %d and %x", verdict, out, xdpPass, tt.frame)
			}
			if got, want := p.mustCount(t), (Counters{Passed: 1, HostSYNs: tt.syns}); got != want {
				t.Errorf("counters:\n got %+v\nwant %+v", got, want)
			}
		})
	}
}

// TestDrop counts and covers without answering.
func TestDrop(t *testing.T) {
	p, _ := loadTestProgram(t, SimConfig{Open: 1, Drop: true})
	if verdict, _ := p.run(t, rawSYN(0xC6120304, 80, 1)); verdict != xdpDrop {
		t.Errorf("verdict is %d, want %d", verdict, xdpDrop)
	}
	if c := p.mustCount(t); c.SYNs != 1 || c.Dropped != 1 {
		t.Errorf("counters: %+v", c)
	}
}
