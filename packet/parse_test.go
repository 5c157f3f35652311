package packet

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
)

// dirtyReply has no zero field that Parse would have to reset.
var dirtyReply = Reply{
	Kind: 99, TTL: 99, VLAN: 99, ID: 99, Src: 99, Dst: 99, SrcPort: 99, DstPort: 99, Seq: 99, Ack: 99, Window: 99,
	Flags: 99, WScale: 99, MSS: 99, HasMSS: true, HasWScale: true, SACKPerm: true, HasTimestamp: true, TSVal: 99,
	TSEcr: 99, OptionKinds: [MaxOptions]uint8{39: 99}, NumOptions: 99, ICMPType: 99, ICMPCode: 99, Quoted: Probe{99, 99, 99, 99, 99, 99},
}

// TestParse reads each kind of frame into a Reply that was used before.
func TestParse(t *testing.T) {
	for _, f := range replyFrames(t) {
		t.Run(f.name, func(t *testing.T) {
			if err := VerifyChecksums(f.frame); err != nil {
				t.Fatalf("the test's own frame: %v", err)
			}
			got := dirtyReply
			if !Parse(f.frame, &got) {
				t.Fatalf("Parse(%x) = false", f.frame)
			}
			if got != f.want {
				t.Errorf("Parse(%x):\n got %+v\nwant %+v", f.frame, got, f.want)
			}
		})
	}
}

// TestParseCut cuts each frame at every length. A TCP reply must be complete to the last byte that its total length
// promises; an ICMP error to the eighth byte of the TCP header it quotes.
func TestParseCut(t *testing.T) {
	for _, f := range replyFrames(t) {
		_, ip, _ := findNetwork(f.frame)
		need := len(f.frame) - len(ip) + int(binary.BigEndian.Uint16(ip[2:4]))
		if f.want.Kind == ICMP {
			quote := len(f.frame) - len(ip) + int(ip[0]&0xf)*4 + icmpLen
			need = quote + int(f.frame[quote]&0xf)*4 + quoteLen
		}
		for n := range len(f.frame) + 1 {
			cut := slices.Clone(f.frame[:n]) // so that the race detector and bounds checks see the end
			got := dirtyReply
			ok := Parse(cut, &got)
			if ok != (n >= need) {
				t.Fatalf("%s: Parse of the first %d of %d bytes = %v, needs %d", f.name, n, len(f.frame), ok, need)
			}
			if want := f.want; ok && got != want || !ok && got != dirtyReply {
				t.Fatalf("%s: Parse of the first %d bytes = %v, %+v", f.name, n, ok, got)
			}
		}
	}
}

// TestParseEveryByteValue changes each byte of each frame to each value, and compares with slowParse.
func TestParseEveryByteValue(t *testing.T) {
	for _, f := range replyFrames(t) {
		frame := slices.Clone(f.frame)
		for i, was := range frame {
			for v := range 256 {
				frame[i] = byte(v)
				if msg := disagreement(frame); msg != "" {
					t.Fatalf("%s with byte %d = %#02x: %s", f.name, i, v, msg)
				}
			}
			frame[i] = was
		}
	}
}

// disagreement says how Parse and slowParse differ about frame; "" if they do not.
func disagreement(frame []byte) string {
	got := dirtyReply
	ok := Parse(frame, &got)
	want, wantOK := slowParse(frame)
	switch {
	case ok != wantOK:
		return fmt.Sprintf("Parse(%x) = %v, want %v", frame, ok, wantOK)
	case !ok && got != dirtyReply:
		return fmt.Sprintf("Parse(%x) = false, but changed the reply to %+v", frame, got)
	case ok && got != want:
		return fmt.Sprintf("Parse(%x):\n got %+v\nwant %+v", frame, got, want)
	}
	return ""
}

// TestParseRules has a case for each rule of the package comment, on both sides of its edge. Offsets are into a plain
// SYN-ACK or ICMP frame: IPv4 at 14, TCP or ICMP at 34, the quote at 42, its TCP header at 62.
func TestParseRules(t *testing.T) {
	tests := []struct {
		name  string
		frame string // of replyFrames
		edit  func(b []byte) []byte
		want  bool
	}{
		{name: "padding is ignored", frame: "synack", want: true, edit: grow(100)},
		{name: "TCP header that reaches into the padding", frame: "synack", edit: both(grow(100), set(46, 0x80))},
		{name: "three tags", frame: "synack-qinq", edit: func(b []byte) []byte {
			return slices.Insert(b, 12, 0x81, 0x00, 0x00, 0x01)
		}},
		{name: "priority tag", frame: "synack", want: true, edit: func(b []byte) []byte {
			return slices.Insert(b, 12, 0x81, 0x00, 0xe0, 0x00)
		}},
		{name: "a tag of the pre-standard kind", frame: "synack-vlan", edit: set(12, 0x91)},
		{name: "IPv6", frame: "synack", edit: set(12, 0x86, 0xdd)},
		{name: "version 5", frame: "synack", edit: set(14, 0x55)},
		{name: "IP header of 16 bytes", frame: "synack", edit: set(14, 0x44)},
		{name: "IP header longer than the packet", frame: "synack", edit: set(14, 0x4f)},
		{name: "total length 0, as with segmentation offload", frame: "synack", edit: set(16, 0, 0)},
		{name: "total length shorter than the IP header", frame: "synack", edit: set(16, 0, 19)},
		{name: "total length one short of the TCP header", frame: "synack", edit: set(16, 0, 39)},
		{name: "total length one beyond the frame", frame: "synack", edit: set(16, 0, 47)},
		{name: "total length at the end of the frame", frame: "synack", want: true, edit: set(16, 0, 46)},
		{name: "DF clear and the reserved bit set", frame: "synack", want: true, edit: set(20, 0x80)},
		{name: "first fragment", frame: "synack", edit: set(20, 0x20)},
		{name: "last fragment", frame: "synack", edit: set(21, 0x01)},
		{name: "UDP", frame: "synack", edit: set(23, 17)},
		{name: "TCP header of 16 bytes", frame: "synack", edit: set(46, 0x40)},
		{name: "TCP header longer than the packet", frame: "synack", edit: set(46, 0x60)},
		{name: "reserved TCP bits", frame: "synack", want: true, edit: set(46, 0x5f)},
		{name: "bare SYN", frame: "synack", edit: set(47, FlagSYN)},
		{name: "bare ACK", frame: "synack", edit: set(47, FlagACK)},
		{name: "no flags", frame: "synack", edit: set(47, 0)},
		{name: "SYN, ACK and FIN", frame: "synack", edit: set(47, FlagSYN|FlagACK|FlagFIN)},
		{name: "SYN, ACK and all that is tolerated", frame: "synack", want: true, edit: set(47, 0xff&^(FlagRST|FlagFIN))},
		{name: "RST with every flag", frame: "synack", want: true, edit: set(47, 0xff)},
		{name: "wrong checksums", frame: "synack", want: true, edit: both(set(24, 1, 2), set(50, 3, 4))},

		{name: "echo reply", frame: "icmp-unreachable", edit: set(34, 0)},
		{name: "parameter problem", frame: "icmp-unreachable", edit: set(34, 12)},
		{name: "unknown code", frame: "icmp-unreachable", want: true, edit: set(35, 255)},
		{name: "outer total length beyond the frame", frame: "icmp-unreachable", want: true, edit: set(16, 0x40)},
		{name: "outer total length ends in the quote", frame: "icmp-unreachable", edit: both(grow(100), set(16, 0, 55))},
		{name: "ICMP fragment", frame: "icmp-unreachable", edit: set(20, 0x20)},
		{name: "quote of version 6", frame: "icmp-unreachable", edit: set(42, 0x65)},
		{name: "quoted header of 16 bytes", frame: "icmp-unreachable", edit: set(42, 0x44)},
		{name: "quoted header leaves seven bytes", frame: "icmp-unreachable", edit: set(42, 0x46)},
		{name: "quoted total length changed", frame: "icmp-unreachable", want: true, edit: set(44, 0, 0)},
		{name: "quote of a first fragment", frame: "icmp-unreachable", want: true, edit: set(48, 0x20)},
		{name: "quote of a later fragment", frame: "icmp-unreachable", edit: set(49, 1)},
		{name: "quote of UDP", frame: "icmp-unreachable", edit: set(51, 17)},
	}
	frames := map[string][]byte{}
	for _, f := range replyFrames(t) {
		frames[f.name] = f.frame
	}
	for _, tt := range tests {
		frame := tt.edit(slices.Clone(frames[tt.frame]))
		var r Reply
		if got := Parse(frame, &r); got != tt.want {
			t.Errorf("%s: Parse(%x) = %v, want %v", tt.name, frame, got, tt.want)
		}
		if msg := disagreement(frame); msg != "" {
			t.Errorf("%s: %s", tt.name, msg)
		}
	}
}

func set(offset int, values ...byte) func([]byte) []byte {
	return func(b []byte) []byte {
		copy(b[offset:], values)
		return b
	}
}

func grow(n int) func([]byte) []byte {
	return func(b []byte) []byte { return append(b, bytes.Repeat([]byte{0xee}, n)...) }
}

func both(first, second func([]byte) []byte) func([]byte) []byte {
	return func(b []byte) []byte { return second(first(b)) }
}

// TestParseOptionsLeniently gives a SYN-ACK odd options, padded with zeros to a multiple of four bytes: it is always
// accepted, with what could be read.
func TestParseOptionsLeniently(t *testing.T) {
	base := Reply{}
	mss := Reply{HasMSS: true, MSS: 1460}
	tests := []struct {
		name    string
		options string
		want    Reply // options only
	}{
		{"none", "", base},
		{"end first, so the rest is not read", "00 020405b4", base},
		{"kind without length at the very end", "020405b4 010101 02", mss},
		{"length zero stops", "020405b4 0300 0402", mss},
		{"length one stops", "020405b4 0301 0402", mss},
		{"length beyond the header stops", "020405b4 080a 1122", mss},
		{"an unknown option is skipped", "fe04abcd 020405b4", mss},
		{"a known option of unknown length is skipped", "0206ffffffff 030401ff 0403ff 080400ff 020405b4", mss},
		{"the last of two counts", "02040200 020405b4", mss},
		{"a shift beyond RFC 7323 is reported as sent", "0303ff", Reply{HasWScale: true, WScale: 255}},
		{"zeros are there all the same", "02040000 030300 080a0000000000000000", Reply{HasMSS: true, HasWScale: true, HasTimestamp: true}},
		{"forty bytes of padding, then nothing", "01010101010101010101 01010101010101010101 01010101010101010101 01010101010101010101", base},
	}
	for _, tt := range tests {
		options := unhex(t, tt.options)
		for len(options)%4 != 0 {
			options = append(options, 0)
		}
		frame := synackWith(t, options)
		if msg := disagreement(frame); msg != "" {
			t.Errorf("%s: %s", tt.name, msg)
		}
		got := dirtyReply
		if !Parse(frame, &got) {
			t.Errorf("%s: Parse(%x) = false", tt.name, frame)
			continue
		}
		if got := optionsOf(got); got != tt.want {
			t.Errorf("%s: Parse(%x) found %+v, want %+v", tt.name, frame, got, tt.want)
		}
	}
}

func optionsOf(r Reply) Reply {
	return Reply{
		HasMSS: r.HasMSS, MSS: r.MSS, HasWScale: r.HasWScale, WScale: r.WScale, SACKPerm: r.SACKPerm,
		HasTimestamp: r.HasTimestamp, TSVal: r.TSVal, TSEcr: r.TSEcr,
	}
}

// TestParseRejectsProbes holds that what we send is not taken for an answer, when it is looped back to us.
func TestParseRejectsProbes(t *testing.T) {
	for p := range Profile(len(profileNames)) {
		var r Reply
		if frame := put(newTemplate(t, false, Config{Profile: p}), &goldenProbe); Parse(frame, &r) {
			t.Errorf("Parse accepts our own SYN (%v): %+v", p, r)
		}
	}
}

func TestParseAllocs(t *testing.T) {
	for _, f := range replyFrames(t) {
		var r Reply
		if n := testing.AllocsPerRun(1000, func() { Parse(f.frame, &r) }); n != 0 {
			t.Errorf("%s: Parse allocates %v times, want 0", f.name, n)
		}
	}
}

func TestKindString(t *testing.T) {
	for k, want := range map[Kind]string{0: "Kind(0)", SYNACK: "synack", RST: "rst", ICMP: "icmp", 9: "Kind(9)"} {
		if got := k.String(); got != want {
			t.Errorf("Kind(%d).String() = %q, want %q", uint8(k), got, want)
		}
	}
}
