package packet

import (
	"bytes"
	"testing"
)

// FuzzPut writes any probe with any template into a dirty buffer: both checksums are right, gopacket reads the same
// values back, and serializes what it read to the same bytes.
func FuzzPut(f *testing.F) {
	max32, max16 := ^uint32(0), ^uint16(0)
	f.Add(uint8(0), uint16(0), uint8(0), uint32(0), uint32(0), uint32(0), uint16(0), uint16(0), uint32(0), uint16(0), byte(0))
	f.Add(uint8(3), uint16(4094), uint8(255), max32, max32, max32, max16, max16, max32, max16, byte(255))
	f.Add(uint8(4), uint16(1), uint8(1), uint32(1), max32, max32, max16, max16, max32, max16, byte(0xa5))
	// IDs for which the IPv4 sum of this pair folds to 0xffff, to 1, and around a second carry.
	for _, id := range []uint16{0x30a4 + 0x1234, 0x30a4 + 0x1233, 0x30a4 + 0x1235, 0xfffe} {
		f.Add(uint8(0), uint16(0), uint8(64), uint32(0), uint32(scanner), uint32(target), uint16(40000), uint16(443), uint32(0xdeadbeef), id, byte(1))
	}
	// The same for the TCP sum, by the source port.
	for _, port := range []uint16{40000 + 0x2499, 40000 + 0x2498, 40000 + 0x249a} {
		f.Add(uint8(0), uint16(0), uint8(64), uint32(0), uint32(scanner), uint32(target), port, uint16(443), uint32(0xdeadbeef), uint16(0x1234), byte(2))
	}
	f.Fuzz(func(t *testing.T, profile uint8, vlan uint16, ttl uint8, stamp, src, dst uint32, sport, dport uint16,
		seq uint32, id uint16, dirt byte) {
		cfg := goldenConfig
		cfg.VLAN, cfg.TTL, cfg.Timestamp, cfg.Profile = vlan%4095, ttl, stamp, Profile(profile%5)
		reset := cfg.Profile > BSD
		if reset {
			cfg.Profile = 0
		}
		tmpl := newTemplate(t, reset, cfg)
		p := Probe{Src: src, Dst: dst, SrcPort: sport, DstPort: dport, Seq: seq, ID: id}
		buf := bytes.Repeat([]byte{dirt}, MaxFrameLen)
		frame := buf[:tmpl.Put(buf, &p)]

		if err := VerifyChecksums(frame); err != nil {
			t.Errorf("%+v: %v", p, err)
		}
		got, err := Decode(frame)
		if err != nil || got.Probe != p || got.VLAN != cfg.VLAN || got.SrcMAC != cfg.SrcMAC || got.DstMAC != cfg.DstMAC {
			t.Errorf("Decode(%x) = %+v, %v, want %+v, VLAN %d", frame, got, err, p, cfg.VLAN)
		}
		checkRoundTrip(t, frame)
	})
}

// FuzzParse compares Parse with slowParse on any bytes. Neither may panic.
func FuzzParse(f *testing.F) {
	for _, r := range replyFrames(f) {
		f.Add(r.frame)
	}
	for _, tmpl := range allTemplates(f) {
		f.Add(put(tmpl.tmpl, &goldenProbe))
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		if msg := disagreement(frame); msg != "" {
			t.Error(msg)
		}
		_ = VerifyChecksums(frame)
	})
}
