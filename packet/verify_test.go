package packet

import (
	"slices"
	"strings"
	"testing"
)

// TestVerifyChecksumsSeesEveryBit flips each bit of each frame. Any flip in the packet must be noticed; none in the
// link layer or in the padding can be.
func TestVerifyChecksumsSeesEveryBit(t *testing.T) {
	for _, f := range allTemplates(t) {
		frame := put(f.tmpl, &goldenProbe)
		if err := VerifyChecksums(frame); err != nil {
			t.Fatalf("%s: %v", f.name, err)
		}
		start := ipv4Offset
		if f.cfg.VLAN != 0 {
			start = taggedIPv4Offset
		}
		for bit := range 8 * len(frame) {
			frame[bit/8] ^= 1 << (bit % 8)
			link := bit/8 < start-2 // but for the last EtherType
			if err := VerifyChecksums(frame); err == nil && !link {
				t.Errorf("%s: a wrong bit %d of byte %d is not noticed", f.name, bit%8, bit/8)
			}
			frame[bit/8] ^= 1 << (bit % 8)
		}
	}
}

func TestVerifyChecksumsErrors(t *testing.T) {
	synack := replyFrames(t)[0].frame
	icmp := icmpReplies(t)[0].frame
	tests := []struct {
		name  string
		frame []byte
		want  string // part of the error; "" for none
	}{
		{"SYN-ACK", synack, ""},
		{"SYN-ACK with padding", grow(9)(slices.Clone(synack)), ""},
		{"ICMP", icmp, ""},
		{"nothing", nil, "not an unfragmented IPv4 packet"},
		{"fragment", set(20, 0x20)(slices.Clone(synack)), "not an unfragmented IPv4 packet"},
		{"cut off", icmp[:len(icmp)-1], "total length"},
		{"wrong IPv4 header", set(22, 1)(slices.Clone(synack)), "IPv4 header sums to"},
		{"wrong TCP segment", set(34, 2)(slices.Clone(synack)), "TCP segment sums to"},
		{"wrong ICMP message", set(36, 1, 1)(slices.Clone(icmp)), "ICMP message sums to"},
		// The checksum goes down by as much as the protocol goes up.
		{"UDP", both(set(23, 17), set(24, synack[24], synack[25]-11))(slices.Clone(synack)), "IP protocol 17"},
	}
	for _, tt := range tests {
		err := VerifyChecksums(tt.frame)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: VerifyChecksums(%x) = %v, want %q", tt.name, tt.frame, err, tt.want)
		}
	}
}
