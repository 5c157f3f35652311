package scan

import (
	"net"
	"slices"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"

	"github.com/xsweep/xsweep/packet"
)

// tcpAnswer is a frame under construction: a SYN-ACK to the probe, unless changed.
type tcpAnswer struct {
	ip   layers.IPv4
	tcp  layers.TCP
	data []byte
}

// icmpAnswer is an ICMP error under construction: port unreachable, quoting the probe, unless changed.
type icmpAnswer struct {
	ip     layers.IPv4
	icmp   layers.ICMPv4
	probe  packet.Probe // the one that is quoted
	quoted int          // bytes of the datagram that are
}

func netIP(a uint32) net.IP { return net.IPv4(byte(a>>24), byte(a>>16), byte(a>>8), byte(a)).To4() }

func (b *both) tcp(change func(*tcpAnswer)) []byte {
	p := b.probe
	s := &tcpAnswer{
		ip: layers.IPv4{Version: 4, TTL: 60, Protocol: layers.IPProtocolTCP, SrcIP: netIP(p.Dst), DstIP: netIP(p.Src)},
		tcp: layers.TCP{SrcPort: layers.TCPPort(p.DstPort), DstPort: layers.TCPPort(p.SrcPort), Seq: 9, Ack: p.Seq + 1,
			SYN: true, ACK: true, Window: 64240},
	}
	change(s)
	s.tcp.SetNetworkLayerForChecksum(&s.ip)
	return onWire(&s.ip, &s.tcp, gopacket.Payload(s.data))
}

func (b *both) icmp(t testing.TB, change func(*icmpAnswer)) []byte {
	t.Helper()
	m := &icmpAnswer{
		ip:     layers.IPv4{Version: 4, TTL: 60, Protocol: layers.IPProtocolICMPv4, SrcIP: netIP(0xc6120002), DstIP: netIP(b.probe.Src)},
		icmp:   layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(3, 3)},
		probe:  b.probe,
		quoted: 28,
	}
	change(m)
	template, err := packet.NewTemplate(packet.Config{Profile: packet.Linux})
	if err != nil {
		t.Fatal(err)
	}
	quoted := make([]byte, packet.MaxFrameLen)
	quoted = quoted[14:template.Put(quoted, &m.probe)]
	return onWire(&m.ip, &m.icmp, gopacket.Payload(quoted[:m.quoted]))
}

// onWire makes a frame of layers with right lengths and checksums, not shorter than Ethernet has them.
func onWire(list ...gopacket.SerializableLayer) []byte {
	eth := &layers.Ethernet{SrcMAC: net.HardwareAddr{2, 0, 0, 0, 0, 2}, DstMAC: net.HardwareAddr{2, 0, 0, 0, 0, 1},
		EthernetType: layers.EthernetTypeIPv4}
	buf := gopacket.NewSerializeBuffer()
	opts := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	if err := gopacket.SerializeLayers(buf, opts, append([]gopacket.SerializableLayer{eth}, list...)...); err != nil {
		panic(err) // a mistake in the test
	}
	return buf.Bytes()
}

// tagged puts a frame into VLANs, outermost first, by the EtherTypes of their tags.
func tagged(frame []byte, types ...uint16) []byte {
	var tags []byte
	for i, kind := range types {
		tags = append(tags, byte(kind>>8), byte(kind), 0, byte(i+1))
	}
	return slices.Insert(frame, 12, tags...)
}

// candidate is a frame that is an answer, or not.
type candidate struct {
	name  string
	frame []byte
	want  bool
}

// candidates are true answers to the probe of b, in all the forms there are, and forged ones.
func (b *both) candidates(t testing.TB) []candidate {
	t.Helper()
	p := b.probe
	rst := func(s *tcpAnswer) { s.tcp.SYN, s.tcp.RST = false, true }
	// What a scan with another key would have sent to the same target.
	other := newSource(Key{13, 14}, p.Src)
	replayed := other.probe(p.Dst, p.DstPort, b.ports)
	replay := func(s *tcpAnswer) { s.tcp.DstPort, s.tcp.Ack = layers.TCPPort(replayed.SrcPort), replayed.Seq+1 }
	otherPort := shift(p.SrcPort, b.ports, b.ports.Len()/2)
	// The probe itself, as it comes back from a mirror.
	probe := func(s *tcpAnswer) { s.tcp.ACK, s.tcp.Seq, s.tcp.Ack = false, p.Seq, 0 }
	segment := func(change ...func(*tcpAnswer)) []byte {
		return b.tcp(func(s *tcpAnswer) {
			for _, c := range change {
				c(s)
			}
		})
	}
	mistake := func(change func(*icmpAnswer)) []byte { return b.icmp(t, change) }

	return []candidate{
		{"SYN-ACK", segment(), true},
		{"SYN-ACK that is for ECN", segment(func(s *tcpAnswer) { s.tcp.ECE = true }), true},
		{"SYN-ACK with ECE and CWR", segment(func(s *tcpAnswer) { s.tcp.ECE, s.tcp.CWR = true, true }), true},
		{"SYN-ACK with accurate ECN's AE bit", segment(func(s *tcpAnswer) { s.tcp.NS = true }), true},
		{"SYN-ACK in a datagram that may say of congestion", segment(func(s *tcpAnswer) { s.ip.TOS = 2 }), true},
		{"SYN-ACK in a datagram that met congestion", segment(func(s *tcpAnswer) { s.ip.TOS = 3 }), true},
		{"SYN-ACK with PSH and URG", segment(func(s *tcpAnswer) { s.tcp.PSH, s.tcp.URG = true, true }), true},
		{"SYN-ACK with data", segment(func(s *tcpAnswer) { s.data = []byte("220 welcome\r\n") }), true},
		{"SYN-ACK with all the options there is room for", segment(func(s *tcpAnswer) {
			s.tcp.Options = []layers.TCPOption{{OptionType: 34, OptionLength: 40, OptionData: make([]byte, 38)}}
		}), true},
		{"SYN-ACK with options in the IP header", segment(func(s *tcpAnswer) {
			s.ip.Options = []layers.IPv4Option{{OptionType: 148, OptionLength: 4, OptionData: []byte{0, 0}}}
		}), true},
		{"SYN-ACK with a window of zero", segment(func(s *tcpAnswer) { s.tcp.Window = 0 }), true},
		{"RST", segment(rst), true},
		{"RST that acknowledges the bare sequence number", segment(rst, func(s *tcpAnswer) { s.tcp.Ack = p.Seq }), true},
		{"RST without the ACK bit, which acknowledges all the same", segment(rst, func(s *tcpAnswer) { s.tcp.ACK = false }), true},
		{"RST with data", segment(rst, func(s *tcpAnswer) { s.data = []byte("no service here") }), true},
		{"ICMP error that quotes 8 bytes of TCP", mistake(func(*icmpAnswer) {}), true},
		{"ICMP error that quotes 9", mistake(func(m *icmpAnswer) { m.quoted = 29 }), true},
		{"ICMP error that quotes the header", mistake(func(m *icmpAnswer) { m.quoted = 40 }), true},
		{"ICMP error that quotes the options as well", mistake(func(m *icmpAnswer) { m.quoted = 60 }), true},
		{"ICMP error from the target itself", mistake(func(m *icmpAnswer) { m.ip.SrcIP = netIP(p.Dst) }), true},
		{"ICMP error with the precedence of routers", mistake(func(m *icmpAnswer) { m.ip.TOS = 0xc0 }), true},

		{"SYN-ACK with a random ack", segment(func(s *tcpAnswer) { s.tcp.Ack = 0x5eed5eed }), false},
		{"SYN-ACK that acknowledges the bare sequence number", segment(func(s *tcpAnswer) { s.tcp.Ack = p.Seq }), false},
		{"SYN-ACK that acknowledges one too many", segment(func(s *tcpAnswer) { s.tcp.Ack = p.Seq + 2 }), false},
		{"SYN-ACK that acknowledges nothing", segment(func(s *tcpAnswer) { s.tcp.Ack = 0 }), false},
		{"SYN-ACK with data, acknowledging one too many", segment(func(s *tcpAnswer) { s.tcp.Ack, s.data = p.Seq+2, []byte("data") }), false},
		{"SYN-ACK to another of our ports", segment(func(s *tcpAnswer) { s.tcp.DstPort = layers.TCPPort(otherPort) }), false},
		{"SYN-ACK from another port", segment(func(s *tcpAnswer) { s.tcp.SrcPort++ }), false},
		{"SYN-ACK from another host", segment(func(s *tcpAnswer) { s.ip.SrcIP = netIP(p.Dst + 1) }), false},
		{"SYN-ACK to another address", segment(func(s *tcpAnswer) { s.ip.DstIP = netIP(p.Src + 1) }), false},
		{"SYN-ACK to a probe of another scan", segment(replay), false},
		{"RST to a probe of another scan", segment(rst, replay), false},
		{"RST that acknowledges one too many", segment(rst, func(s *tcpAnswer) { s.tcp.Ack = p.Seq + 2 }), false},
		{"RST that acknowledges nothing", segment(rst, func(s *tcpAnswer) { s.tcp.ACK, s.tcp.Ack = false, 0 }), false},
		{"our probe, as it was sent", segment(probe, func(s *tcpAnswer) {
			s.ip.SrcIP, s.ip.DstIP = netIP(p.Src), netIP(p.Dst)
			s.tcp.SrcPort, s.tcp.DstPort = s.tcp.DstPort, s.tcp.SrcPort
		}), false},
		{"our probe, with the addresses exchanged", segment(probe), false},
		{"our probe, with the addresses exchanged and the ACK bit set", segment(probe, func(s *tcpAnswer) { s.tcp.ACK = true }), false},
		{"our probe, with the addresses exchanged, as a RST", segment(probe, rst), false},
		{"first fragment of a SYN-ACK", segment(func(s *tcpAnswer) { s.ip.Flags = layers.IPv4MoreFragments }), false},
		{"later fragment of one", segment(func(s *tcpAnswer) { s.ip.FragOffset = 1 }), false},
		{"ICMP error that quotes 7 bytes of TCP", mistake(func(m *icmpAnswer) { m.quoted = 27 }), false},
		{"ICMP error that quotes no TCP", mistake(func(m *icmpAnswer) { m.quoted = 20 }), false},
		{"ICMP error that quotes nothing", mistake(func(m *icmpAnswer) { m.quoted = 0 }), false},
		{"ICMP error that quotes another sequence number", mistake(func(m *icmpAnswer) { m.probe.Seq++ }), false},
		{"ICMP error that quotes the number that an answer acknowledges", mistake(func(m *icmpAnswer) { m.probe.Seq-- }), false},
		{"ICMP error that quotes another of our ports", mistake(func(m *icmpAnswer) { m.probe.SrcPort = otherPort }), false},
		{"ICMP error that quotes another target", mistake(func(m *icmpAnswer) { m.probe.Dst++ }), false},
		{"ICMP error that quotes another target port", mistake(func(m *icmpAnswer) { m.probe.DstPort++ }), false},
		{"ICMP error that quotes another sender", mistake(func(m *icmpAnswer) { m.probe.Src++ }), false},
		{"ICMP error to another address", mistake(func(m *icmpAnswer) { m.ip.DstIP = netIP(p.Src + 1) }), false},
		{"ICMP error about a probe of another scan", mistake(func(m *icmpAnswer) { m.probe = replayed }), false},
		{"ICMP error in a fragment", mistake(func(m *icmpAnswer) { m.ip.Flags = layers.IPv4MoreFragments }), false},
		{"ICMP echo reply that quotes a probe", mistake(func(m *icmpAnswer) { m.icmp.TypeCode = layers.CreateICMPv4TypeCode(0, 0) }), false},
		{"ICMP parameter problem", mistake(func(m *icmpAnswer) { m.icmp.TypeCode = layers.CreateICMPv4TypeCode(12, 0) }), false},
		{"SYN-ACK in two VLANs", tagged(segment(), 0x88a8, 0x8100), true},
		{"SYN-ACK in three VLANs", tagged(segment(), 0x88a8, 0x8100, 0x8100), false},
		{"ICMP error in a VLAN", tagged(mistake(func(*icmpAnswer) {}), 0x8100), true},
		{"SYN-ACK with a FIN bit", segment(func(s *tcpAnswer) { s.tcp.FIN = true }), false},
		{"SYN-ACK with a RST bit, which is a RST", segment(func(s *tcpAnswer) { s.tcp.RST = true }), true},
		{"ACK", segment(func(s *tcpAnswer) { s.tcp.SYN = false }), false},
		{"UDP", segment(func(s *tcpAnswer) { s.ip.Protocol = layers.IPProtocolUDP }), false},
	}
}

// TestTrueAndForgedAnswers has the XDP program and the validator each say of every candidate whether it is an answer.
func TestTrueAndForgedAnswers(t *testing.T) {
	b := newBoth(t)
	for _, tt := range b.candidates(t) {
		if kernel, user := b.verdicts(t, tt.frame); kernel != tt.want || user != tt.want {
			t.Errorf("%s: the kernel says %v, Go says %v; want %v: %x", tt.name, kernel, user, tt.want, tt.frame)
		}
	}
}

// TestAnswersOfStrangers has right cookies of what the scan does not probe, which only who has its key can make: Go knows
// the targets, the XDP program does not.
func TestAnswersOfStrangers(t *testing.T) {
	b := newBoth(t)
	space, err := NewSpace(set(t, "198.19.2.3"), []uint16{443})
	if err != nil {
		t.Fatal(err)
	}
	b.validate.space = space
	for _, tt := range []struct {
		name string
		addr uint32
		port uint16
		want bool
	}{
		{"a target", 0xc6130203, 443, true},
		{"the host next to it", 0xc6130204, 443, false},
		{"another port of it", 0xc6130203, 444, false},
	} {
		b.probe = b.sources[0].probe(tt.addr, tt.port, b.ports)
		for _, frame := range [][]byte{b.tcp(func(*tcpAnswer) {}), b.icmp(t, func(*icmpAnswer) {})} {
			if kernel, user := b.verdicts(t, frame); !kernel || user != tt.want {
				t.Errorf("%s: the kernel says %v, Go says %v; want true, %v: %x", tt.name, kernel, user, tt.want, frame)
			}
		}
	}
}
