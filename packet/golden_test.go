package packet

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
)

// The frames below were written out by hand from the RFCs and from ZMap's option profiles, and their checksums summed
// by another program. All are for this Config (but profile and VLAN) and this Probe.
var (
	goldenConfig = Config{
		SrcMAC:    [6]byte{0x02, 0x00, 0x00, 0x00, 0x00, 0x01},
		DstMAC:    [6]byte{0x02, 0x00, 0x00, 0x00, 0x00, 0x02},
		Timestamp: 0x6553f100,
	}
	goldenProbe = Probe{
		Src: 0xc6120001, SrcPort: 40000, // 198.18.0.1
		Dst: 0xc613abcd, DstPort: 443, // 198.19.171.205
		Seq: 0xdeadbeef, ID: 0x1234,
	}
)

const (
	goldenMACs      = "020000000002 020000000001"
	goldenAddresses = "c6120001 c613abcd"
	goldenTCP       = "9c40 01bb deadbeef 00000000" // ports, sequence number, acknowledgment
)

// goldenFrames are without the VLAN tag, which goes between the MACs and the rest.
var goldenFrames = []struct {
	name  string
	reset bool
	cfg   Config // only the profile
	wire  int    // bytes of wire time, untagged
	rest  string // from the EtherType on
}{
	{
		name: "smallest probes", cfg: Config{Profile: SmallestProbes}, wire: 84,
		rest: "0800 4500 002c 1234 0000 40 06 30a4" + goldenAddresses + goldenTCP + "60 02 ffff 2499 0000" +
			"020405b4", // MSS 1460
	},
	{
		name: "windows", cfg: Config{Profile: Windows}, wire: 90,
		rest: "0800 4500 0034 1234 0000 40 06 309c" + goldenAddresses + goldenTCP + "80 02 ffff fb82 0000" +
			"020405b4 01 030308 01 01 0402", // MSS, NOP, WS 8, NOP, NOP, SACK permitted
	},
	{
		name: "linux", cfg: Config{Profile: Linux}, wire: 98,
		rest: "0800 4500 003c 1234 0000 40 06 3094" + goldenAddresses + goldenTCP + "a0 02 ffff 7e1e 0000" +
			"020405b4 0402 080a 6553f100 00000000 01 030307", // MSS, SACK permitted, TS, NOP, WS 7
	},
	{
		name: "bsd", cfg: Config{Profile: BSD}, wire: 102,
		rest: "0800 4500 0040 1234 0000 40 06 3090" + goldenAddresses + goldenTCP + "b0 02 ffff 6d1a 0000" +
			"020405b4 01 030306 01 01 080a 6553f100 00000000 0402 00 00", // MSS, NOP, WS 6, NOP, NOP, TS, SACK, EOL, EOL
	},
	{
		name: "reset", reset: true, wire: 84,
		rest: "0800 4500 0028 1234 4000 40 06 f0a7" + goldenAddresses + goldenTCP + "50 04 0000 3c53 0000",
	},
}

func newTemplate(t testing.TB, reset bool, cfg Config) *Template {
	t.Helper()
	build := NewTemplate
	if reset {
		build = NewReset
	}
	tmpl, err := build(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return tmpl
}

// unhex reads hexadecimal digits with blanks anywhere between them.
func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestPutGolden compares every byte of every kind of frame with one written by hand.
func TestPutGolden(t *testing.T) {
	tags := []struct {
		name string
		vlan uint16
		tag  string
	}{
		{name: "untagged"},
		{name: "first VLAN", vlan: 1, tag: "8100 0001"},
		{name: "last VLAN", vlan: 4094, tag: "8100 0ffe"},
	}
	for _, g := range goldenFrames {
		for _, tag := range tags {
			t.Run(g.name+" "+tag.name, func(t *testing.T) {
				cfg := goldenConfig
				cfg.Profile, cfg.VLAN = g.cfg.Profile, tag.vlan
				tmpl := newTemplate(t, g.reset, cfg)
				want := unhex(t, goldenMACs+tag.tag+g.rest)

				buf := make([]byte, MaxFrameLen)
				n := tmpl.Put(buf, &goldenProbe)
				if !bytes.Equal(buf[:n], want) {
					t.Errorf("Put:\n got %x\nwant %x", buf[:n], want)
				}
				if tmpl.Len() != len(want) {
					t.Errorf("Len() = %d, want %d", tmpl.Len(), len(want))
				}
				if wire := max(g.wire, 84, len(want)+24); tmpl.WireLen() != wire {
					t.Errorf("WireLen() = %d, want %d", tmpl.WireLen(), wire)
				}
			})
		}
	}
}

// TestResetAsLinux answers a SYN-ACK and expects, byte for byte, the packet that Linux 6.18 sent when it was given that
// SYN-ACK and no socket was there for it.
func TestResetAsLinux(t *testing.T) {
	synack := unhex(t, "000000000000 000000000000 0800 4500 0028 0007 0000 40 06 eea1 c6120002 c6120001"+
		"01bb 9c40 11111111 22222222 50 12 ffff 1f49 0000")
	want := unhex(t, "000000000000 000000000000 0800 4500 0028 0000 4000 40 06 aea8 c6120001 c6120002"+
		"9c40 01bb 22222222 00000000 50 04 0000 4179 0000")
	var r Reply
	if !Parse(synack, &r) || r.Kind != SYNACK {
		t.Fatalf("Parse(%x) = %+v, want a SYN-ACK", synack, r)
	}
	p := r.ResetProbe()
	got := make([]byte, MaxFrameLen)
	got = got[:newTemplate(t, true, Config{}).Put(got, &p)]
	if !bytes.Equal(got, want) {
		t.Errorf("RST:\n got %x\nwant %x", got, want)
	}
}
