package packet

import (
	"net"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// namedReply is a frame that Parse accepts and what it must say about it.
type namedReply struct {
	name  string
	frame []byte
	want  Reply
}

const (
	target  = 0xc613abcd // 198.19.171.205
	scanner = 0xc6120001 // 198.18.0.1
	router  = 0xc61300fe // 198.19.0.254
)

func address(ip uint32) net.IP {
	return net.IPv4(byte(ip>>24), byte(ip>>16), byte(ip>>8), byte(ip)).To4()
}

func ethernet() *layers.Ethernet {
	return &layers.Ethernet{
		SrcMAC: goldenConfig.DstMAC[:], DstMAC: goldenConfig.SrcMAC[:], EthernetType: layers.EthernetTypeIPv4,
	}
}

func ipv4(src, dst uint32, protocol layers.IPProtocol, options ...layers.IPv4Option) *layers.IPv4 {
	return &layers.IPv4{
		Version: 4, TTL: 57, Id: 0xbeef, Flags: layers.IPv4DontFragment, Protocol: protocol,
		SrcIP: address(src), DstIP: address(dst), Options: options,
	}
}

// answer returns a TCP header from the target's port 443 to our 40000.
func answer(options ...layers.TCPOption) *layers.TCP {
	return &layers.TCP{
		SrcPort: 443, DstPort: 40000, Seq: 0x01020304, Ack: 0xdeadbef0, Window: 64240, Options: options,
	}
}

func synack(options ...layers.TCPOption) *layers.TCP {
	tcp := answer(options...)
	tcp.SYN, tcp.ACK = true, true
	return tcp
}

// assemble has gopacket serialize the stack with right lengths and checksums.
func assemble(t testing.TB, stack ...gopacket.SerializableLayer) []byte {
	t.Helper()
	for i, l := range stack {
		if tcp, ok := l.(*layers.TCP); ok {
			if err := tcp.SetNetworkLayerForChecksum(stack[i-1].(gopacket.NetworkLayer)); err != nil {
				t.Fatal(err)
			}
		}
	}
	buf := gopacket.NewSerializeBuffer()
	opts := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	if err := gopacket.SerializeLayers(buf, opts, stack...); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// routerAlert is an IPv4 option (RFC 2113); with it a header has 24 bytes.
var routerAlert = layers.IPv4Option{OptionType: 148, OptionLength: 4, OptionData: []byte{0, 0}}

// replyFrames returns one frame of each kind and layout that Parse accepts.
func replyFrames(t testing.TB) []namedReply {
	return append(tcpReplies(t), icmpReplies(t)...)
}

func tcpReplies(t testing.TB) []namedReply {
	tagged, doubly := ethernet(), ethernet()
	tagged.EthernetType = layers.EthernetTypeDot1Q
	doubly.EthernetType = layers.EthernetTypeQinQ
	customer := &layers.Dot1Q{VLANIdentifier: 77, Priority: 5, DropEligible: true, Type: layers.EthernetTypeIPv4}
	service := &layers.Dot1Q{VLANIdentifier: 4000, Type: layers.EthernetTypeDot1Q}

	rst, rstACK := answer(), answer()
	rst.RST, rst.Ack, rst.Window = true, 0, 0
	rstACK.RST, rstACK.ACK, rstACK.Seq, rstACK.Window = true, true, 0, 0

	congested := synack(windowScale(0), option(layers.TCPOptionKindMSS, 0xff, 0xff))
	congested.ECE, congested.PSH, congested.URG = true, true, true

	all := Linux.options(0x11223344)
	copy(all[2].OptionData[4:], []byte{0x55, 0x66, 0x77, 0x88})

	base := Reply{
		Kind: SYNACK, TTL: 57, ID: 0xbeef, Src: target, Dst: scanner, SrcPort: 443, DstPort: 40000,
		Seq: 0x01020304, Ack: 0xdeadbef0, Flags: FlagSYN | FlagACK, Window: 64240,
	}
	with := func(change func(*Reply)) Reply {
		r := base
		change(&r)
		return r
	}
	toUs := func(options ...layers.IPv4Option) *layers.IPv4 {
		return ipv4(target, scanner, layers.IPProtocolTCP, options...)
	}
	return []namedReply{
		{"synack", assemble(t, ethernet(), toUs(), synack()), base},
		{"synack-options", assemble(t, ethernet(), toUs(), synack(all...)), with(func(r *Reply) {
			r.HasMSS, r.MSS, r.SACKPerm, r.HasWScale, r.WScale = true, 1460, true, true, 7
			r.HasTimestamp, r.TSVal, r.TSEcr = true, 0x11223344, 0x55667788
			r.NumOptions = uint8(copy(r.OptionKinds[:], []byte{2, 4, 8, 1, 3}))
		})},
		{"synack-ecn", assemble(t, ethernet(), toUs(), congested), with(func(r *Reply) {
			r.Flags |= FlagECE | FlagPSH | FlagURG
			r.HasMSS, r.MSS, r.HasWScale = true, 0xffff, true
			r.NumOptions = uint8(copy(r.OptionKinds[:], []byte{3, 2, 0})) // a byte of padding
		})},
		{"synack-data", assemble(t, ethernet(), toUs(), synack(), gopacket.Payload("fast open")), base},
		{"synack-vlan", assemble(t, tagged, customer, toUs(), synack()), with(func(r *Reply) { r.VLAN = 77 })},
		{"synack-qinq", assemble(t, doubly, service, customer, toUs(), synack()), with(func(r *Reply) { r.VLAN = 4000 })},
		{"synack-ip-options", assemble(t, ethernet(), toUs(routerAlert), synack()), base},
		{"rst", assemble(t, ethernet(), toUs(), rst), with(func(r *Reply) {
			r.Kind, r.Flags, r.Ack, r.Window = RST, FlagRST, 0, 0
		})},
		{"rst-ack", assemble(t, ethernet(), toUs(), rstACK), with(func(r *Reply) {
			r.Kind, r.Flags, r.Seq, r.Window = RST, FlagRST|FlagACK, 0, 0
		})},
	}
}

func icmpReplies(t testing.TB) []namedReply {
	syn := put(newTemplate(t, false, goldenConfig), &goldenProbe)[ethernetLen:]
	long := put(newTemplate(t, false, Config{Profile: BSD}), &goldenProbe)[ethernetLen:]
	optioned := append([]byte(nil), syn[:ipv4Len]...) // a quote whose IPv4 header has four bytes of options
	optioned[0] = 0x46
	optioned = append(append(optioned, 148, 4, 0, 0), syn[ipv4Len:ipv4Len+quoteLen]...)

	base := Reply{Kind: ICMP, TTL: 57, ID: 0xbeef, Src: router, Dst: scanner, Quoted: goldenProbe}
	reply := func(name string, icmpType, icmpCode uint8, quote []byte, options ...layers.IPv4Option) namedReply {
		ip := ipv4(router, scanner, layers.IPProtocolICMPv4, options...)
		icmp := &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(icmpType, icmpCode)}
		want := base
		want.ICMPType, want.ICMPCode = icmpType, icmpCode
		return namedReply{name, assemble(t, ethernet(), ip, icmp, gopacket.Payload(quote)), want}
	}
	return []namedReply{
		reply("icmp-unreachable", 3, 13, syn[:ipv4Len+quoteLen]),
		reply("icmp-quench", 4, 0, syn),
		reply("icmp-redirect", 5, 1, long),
		reply("icmp-time-exceeded", 11, 0, syn, routerAlert),
		reply("icmp-quoted-options", 3, 1, optioned),
	}
}
