package bpf

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"golang.org/x/sys/unix"
)

// Verdicts of linux/bpf.h.
const (
	xdpDrop     = 1
	xdpPass     = 2
	xdpRedirect = 4
)

// vector is a line of the test vectors that the scan package's cookie is held to as well.
type vector struct {
	key0, key1           uint64
	us, target           uint32
	port                 uint16
	seq                  uint32
	id                   uint16
	first, last, srcPort uint16
}

// readVectors reads scan/testdata/cookie.txt.
func readVectors(t testing.TB) []vector {
	t.Helper()
	f, err := os.Open("../scan/testdata/cookie.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var list []vector
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if lines.Text() == "" || lines.Text()[0] == '#' {
			continue
		}
		var v vector
		var us, target string
		_, err := fmt.Sscanf(lines.Text(), "%x %x %s %s %d %d %d %x %d %x", &v.key0, &v.key1, &us, &target, &v.port,
			&v.first, &v.last, &v.seq, &v.srcPort, &v.id)
		if err != nil {
			t.Fatalf("%q: %v", lines.Text(), err)
		}
		v.us, v.target = addr(us), addr(target)
		list = append(list, v)
	}
	if len(list) < 5 {
		t.Fatalf("only %d test vectors", len(list))
	}
	return list
}

func addr(text string) uint32 {
	b := netip.MustParseAddr(text).As4()
	return binary.BigEndian.Uint32(b[:])
}

func ip(a uint32) net.IP { return net.IPv4(byte(a>>24), byte(a>>16), byte(a>>8), byte(a)).To4() }

// load loads the program for a vector, with an AF_XDP socket that is bound to nothing as the receiver of queue 0.
func load(t testing.TB, cfg SteerConfig, withSocket bool) *Steer {
	t.Helper()
	s, err := LoadSteer(cfg)
	needPrivilege(t, err)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if withSocket {
		fd, err := unix.Socket(unix.AF_XDP, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
		needPrivilege(t, err)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { unix.Close(fd) })
		if err := s.SetSocket(0, fd); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// needPrivilege skips where loading programs is not allowed, except where the environment says that it must be.
func needPrivilege(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, unix.EPERM) && os.Getenv("XSWEEP_REQUIRE_NETNS") != "1" {
		t.Skipf("needs CAP_BPF, CAP_NET_ADMIN and CAP_NET_RAW: %v", err)
	}
}

func (v *vector) config() SteerConfig {
	return SteerConfig{Key0: v.key0, Key1: v.key1, Sources: []uint32{v.us}, PortFirst: v.first, PortLast: v.last}
}

// reply is a frame under construction: the right answer to a vector's probe unless changed.
type reply struct {
	tags []uint16 // VLAN IDs, outermost first
	ip   layers.IPv4
	tcp  layers.TCP
	cut  int // bytes to cut off the end
	pad  int // bytes to add
}

// answer is a SYN-ACK that acknowledges the probe.
func (v *vector) answer(change func(*reply)) []byte {
	r := &reply{
		ip: layers.IPv4{Version: 4, TTL: 57, Protocol: layers.IPProtocolTCP, SrcIP: ip(v.target), DstIP: ip(v.us)},
		tcp: layers.TCP{SrcPort: layers.TCPPort(v.port), DstPort: layers.TCPPort(v.srcPort), Seq: 7, Ack: v.seq + 1,
			SYN: true, ACK: true, Window: 64240},
	}
	if change != nil {
		change(r)
	}
	return r.frame()
}

func (r *reply) frame() []byte {
	list := ethernet(r.tags, layers.EthernetTypeIPv4)
	r.tcp.SetNetworkLayerForChecksum(&r.ip)
	b := serialize(append(list, &r.ip, &r.tcp)...)
	b = b[:14+4*len(r.tags)+int(r.ip.Length)] // gopacket pads
	return append(b[:len(b)-r.cut], make([]byte, r.pad)...)
}

func ethernet(tags []uint16, inner layers.EthernetType) []gopacket.SerializableLayer {
	eth := &layers.Ethernet{SrcMAC: net.HardwareAddr{2, 0, 0, 0, 0, 2}, DstMAC: net.HardwareAddr{2, 0, 0, 0, 0, 1},
		EthernetType: inner}
	list := []gopacket.SerializableLayer{eth}
	for i, id := range tags {
		tag := &layers.Dot1Q{VLANIdentifier: id, Type: inner}
		if i == 0 {
			eth.EthernetType = layers.EthernetTypeDot1Q
		}
		if i < len(tags)-1 {
			tag.Type = layers.EthernetTypeDot1Q
		}
		if i == 0 && len(tags) > 1 {
			eth.EthernetType = layers.EthernetTypeQinQ
		}
		list = append(list, tag)
	}
	return list
}

func serialize(list ...gopacket.SerializableLayer) []byte {
	b := gopacket.NewSerializeBuffer()
	opts := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	if err := gopacket.SerializeLayers(b, opts, list...); err != nil {
		panic(err) // a mistake in the test
	}
	return b.Bytes()
}

// quote is an ICMP error about a probe, from a router.
type quote struct {
	outer, inner layers.IPv4
	icmpType     uint8
	code         uint8
	tcp          layers.TCP
	bytes        int // of the quoted TCP header
	options      int // bytes of options in the quoted IP header
}

func (v *vector) unreachable(change func(*quote)) []byte {
	q := &quote{
		outer: layers.IPv4{Version: 4, TTL: 60, Protocol: layers.IPProtocolICMPv4, SrcIP: net.IP{198, 18, 0, 2}, DstIP: ip(v.us)},
		inner: layers.IPv4{Version: 4, TTL: 1, Protocol: layers.IPProtocolTCP, SrcIP: ip(v.us), DstIP: ip(v.target)},
		tcp:   layers.TCP{SrcPort: layers.TCPPort(v.srcPort), DstPort: layers.TCPPort(v.port), Seq: v.seq, SYN: true},
		bytes: 8, icmpType: 3, code: 1,
	}
	if change != nil {
		change(q)
	}
	for range q.options / 4 {
		q.inner.Options = append(q.inner.Options, layers.IPv4Option{OptionType: 1}, layers.IPv4Option{OptionType: 1},
			layers.IPv4Option{OptionType: 1}, layers.IPv4Option{OptionType: 1})
	}
	q.tcp.SetNetworkLayerForChecksum(&q.inner)
	quoted := serialize(&q.inner, &q.tcp)
	quoted = quoted[:20+q.options+q.bytes]
	icmp := &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(q.icmpType, q.code)}
	return serialize(append(ethernet(nil, layers.EthernetTypeIPv4), &q.outer, icmp, gopacket.Payload(quoted))...)
}

// TestSteerTrueAnswers has every vector's answers redirected, which shows that C and Go compute one cookie.
func TestSteerTrueAnswers(t *testing.T) {
	for _, v := range readVectors(t) {
		s := load(t, v.config(), true)
		frames := [][]byte{
			v.answer(nil),
			v.answer(func(r *reply) { r.tcp.SYN, r.tcp.RST = false, true }),
			v.unreachable(nil),
		}
		for i, frame := range frames {
			if got, err := s.Run(frame); err != nil || got != xdpRedirect {
				t.Errorf("%+v: frame %d: verdict %d, %v; want redirect", v, i, got, err)
			}
		}
		n, err := s.Counters()
		if want := (SteerCounters{SYNACK: 1, RST: 1, ICMP: 1}); err != nil || n != want {
			t.Errorf("counters %+v, %v; want %+v", n, err, want)
		}
	}
}

// TestSteer runs the program over frames of every kind.
func TestSteer(t *testing.T) {
	v := readVectors(t)[0]
	redirected := func(n *SteerCounters) *uint64 { return &n.SYNACK }
	rst := func(n *SteerCounters) *uint64 { return &n.RST }
	icmp := func(n *SteerCounters) *uint64 { return &n.ICMP }
	other := func(n *SteerCounters) *uint64 { return &n.Other }
	forged := func(n *SteerCounters) *uint64 { return &n.Forged }
	foreign := func(n *SteerCounters) *uint64 { return &n.ForeignICMP }
	tests := []struct {
		name    string
		frame   []byte
		want    uint32
		counter func(*SteerCounters) *uint64
	}{
		{"syn-ack", v.answer(nil), xdpRedirect, redirected},
		{"syn-ack with ECN and urgent bits", v.answer(func(r *reply) { r.tcp.ECE, r.tcp.CWR, r.tcp.URG, r.tcp.PSH = true, true, true, true }), xdpRedirect, redirected},
		{"syn-ack with a RST bit is a reset", v.answer(func(r *reply) { r.tcp.RST = true }), xdpRedirect, rst},
		{"syn-ack with a FIN bit", v.answer(func(r *reply) { r.tcp.FIN = true }), xdpPass, other},
		{"syn-ack in a VLAN", v.answer(func(r *reply) { r.tags = []uint16{7} }), xdpRedirect, redirected},
		{"syn-ack in two VLANs", v.answer(func(r *reply) { r.tags = []uint16{7, 8} }), xdpRedirect, redirected},
		{"syn-ack in three VLANs", v.answer(func(r *reply) { r.tags = []uint16{7, 8, 9} }), xdpPass, other},
		{"syn-ack with IP options", v.answer(func(r *reply) {
			r.ip.Options = []layers.IPv4Option{{OptionType: 1}, {OptionType: 1}, {OptionType: 1}, {OptionType: 0}}
		}), xdpRedirect, redirected},
		{"syn-ack with TCP options", v.answer(func(r *reply) {
			r.tcp.Options = []layers.TCPOption{{OptionType: layers.TCPOptionKindMSS, OptionLength: 4, OptionData: []byte{5, 180}}}
		}), xdpRedirect, redirected},
		{"syn-ack with Ethernet padding", v.answer(func(r *reply) { r.pad = 6 }), xdpRedirect, redirected},
		{"syn-ack cut inside the TCP header", v.answer(func(r *reply) { r.cut = 1 }), xdpPass, other},
		{"first fragment", v.answer(func(r *reply) { r.ip.Flags = layers.IPv4MoreFragments }), xdpPass, other},
		{"later fragment", v.answer(func(r *reply) { r.ip.FragOffset = 3 }), xdpPass, other},
		{"don't-fragment flag", v.answer(func(r *reply) { r.ip.Flags = layers.IPv4DontFragment }), xdpRedirect, redirected},
		{"rst acknowledging the SYN", v.answer(func(r *reply) { r.tcp.SYN, r.tcp.RST = false, true }), xdpRedirect, rst},
		{"rst with the bare sequence number", v.answer(func(r *reply) {
			r.tcp.SYN, r.tcp.ACK, r.tcp.RST, r.tcp.Ack = false, false, true, v.seq
		}), xdpRedirect, rst},
		{"syn-ack with the bare sequence number", v.answer(func(r *reply) { r.tcp.Ack = v.seq }), xdpDrop, forged},
		{"wrong ack", v.answer(func(r *reply) { r.tcp.Ack ^= 1 << 20 }), xdpDrop, forged},
		{"rst with a wrong ack", v.answer(func(r *reply) { r.tcp.SYN, r.tcp.RST, r.tcp.Ack = false, true, 99 }), xdpDrop, forged},
		{"from another port", v.answer(func(r *reply) { r.tcp.SrcPort++ }), xdpDrop, forged},
		{"from another address", v.answer(func(r *reply) { r.ip.SrcIP = net.IP{198, 19, 9, 9} }), xdpDrop, forged},
		{"to another of our ports", v.answer(func(r *reply) { r.tcp.DstPort = layers.TCPPort(other1(v)) }), xdpDrop, forged},
		{"one below our ports", v.answer(func(r *reply) { r.tcp.DstPort = layers.TCPPort(v.first - 1) }), xdpPass, other},
		{"one above our ports", v.answer(func(r *reply) { r.tcp.DstPort = layers.TCPPort(v.last + 1) }), xdpPass, other},
		{"to another host", v.answer(func(r *reply) { r.ip.DstIP = net.IP{198, 19, 0, 1} }), xdpPass, other},
		{"data segment", v.answer(func(r *reply) { r.tcp.SYN = false }), xdpPass, other},
		{"syn to one of our ports", v.answer(func(r *reply) { r.tcp.ACK = false }), xdpPass, other},
		{"fin-ack", v.answer(func(r *reply) { r.tcp.SYN, r.tcp.FIN = false, true }), xdpPass, other},
		{"udp", v.answer(func(r *reply) { r.ip.Protocol = layers.IPProtocolUDP }), xdpPass, other},
		{"unreachable", v.unreachable(nil), xdpRedirect, icmp},
		{"unreachable that quotes the whole SYN", v.unreachable(func(q *quote) { q.bytes = 20 }), xdpRedirect, icmp},
		{"unreachable that quotes too little", v.unreachable(func(q *quote) { q.bytes = 7 }), xdpPass, foreign},
		{"unreachable that quotes IP options", v.unreachable(func(q *quote) { q.options = 4 }), xdpRedirect, icmp},
		{"source quench", v.unreachable(func(q *quote) { q.icmpType, q.code = 4, 0 }), xdpRedirect, icmp},
		{"redirect", v.unreachable(func(q *quote) { q.icmpType = 5 }), xdpRedirect, icmp},
		{"time exceeded", v.unreachable(func(q *quote) { q.icmpType, q.code = 11, 0 }), xdpRedirect, icmp},
		{"echo reply", v.unreachable(func(q *quote) { q.icmpType, q.code = 0, 0 }), xdpPass, other},
		{"unreachable about another sequence number", v.unreachable(func(q *quote) { q.tcp.Seq++ }), xdpDrop, forged},
		{"unreachable about another target", v.unreachable(func(q *quote) { q.inner.DstIP = net.IP{198, 19, 3, 3} }), xdpDrop, forged},
		{"unreachable about another of our ports", v.unreachable(func(q *quote) { q.tcp.SrcPort = layers.TCPPort(other1(v)) }), xdpDrop, forged},
		{"unreachable about another target's probe, with IP options", v.unreachable(func(q *quote) { q.options, q.tcp.DstPort = 40, 1 }), xdpDrop, forged},
		{"unreachable about one below our ports", v.unreachable(func(q *quote) { q.tcp.SrcPort = layers.TCPPort(v.first - 1) }), xdpPass, foreign},
		{"unreachable about one above our ports", v.unreachable(func(q *quote) { q.tcp.SrcPort = layers.TCPPort(v.last + 1) }), xdpPass, foreign},
		{"unreachable to another host about a probe", v.unreachable(func(q *quote) { q.outer.DstIP = net.IP{198, 19, 0, 1} }), xdpPass, foreign},
		{"echo that holds a forged quote", v.unreachable(func(q *quote) { q.icmpType, q.code, q.tcp.Seq = 8, 0, 1 }), xdpPass, other},
		{"unreachable about a UDP packet", v.unreachable(func(q *quote) { q.inner.Protocol = layers.IPProtocolUDP }), xdpPass, foreign},
		{"unreachable about another host's packet", v.unreachable(func(q *quote) { q.inner.SrcIP = net.IP{198, 19, 3, 3} }), xdpPass, foreign},
		{"unreachable about a fragment", v.unreachable(func(q *quote) { q.inner.FragOffset = 1 }), xdpPass, foreign},
		{"arp", serialize(append(ethernet(nil, layers.EthernetTypeARP), gopacket.Payload(make([]byte, 46)))...), xdpPass, other},
		{"ipv6", serialize(append(ethernet(nil, layers.EthernetTypeIPv6), gopacket.Payload(make([]byte, 46)))...), xdpPass, other},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := load(t, v.config(), true)
			got, err := s.Run(tt.frame)
			if err != nil || got != tt.want {
				t.Errorf("verdict %d, %v; want %d", got, err, tt.want)
			}
			var want SteerCounters
			*tt.counter(&want) = 1
			if n, err := s.Counters(); err != nil || n != want {
				t.Errorf("counters %+v, %v; want %+v", n, err, want)
			}
		})
	}
}

// other1 is a source port that is not the vector's.
func other1(v vector) uint16 {
	if v.srcPort == v.last {
		return v.first
	}
	return v.srcPort + 1
}

// TestSteerTruncated cuts an answer and an ICMP error at every length: nothing shorter than the whole is an answer.
func TestSteerTruncated(t *testing.T) {
	v := readVectors(t)[0]
	s := load(t, v.config(), true)
	for _, frame := range [][]byte{
		v.answer(func(r *reply) { r.tags = []uint16{7, 8} }),
		v.unreachable(func(q *quote) { q.options = 8 }),
	} {
		for n := 14; n < len(frame); n++ { // the kernel refuses to run a frame without an Ethernet header
			if got, err := s.Run(frame[:n:n]); err != nil || got != xdpPass {
				t.Errorf("%d bytes of %d: verdict %d, %v; want pass", n, len(frame), got, err)
			}
		}
		if got, err := s.Run(frame); err != nil || got != xdpRedirect {
			t.Errorf("whole frame: verdict %d, %v; want redirect", got, err)
		}
	}
}

// TestSteerLengthsThatLie has headers claim more than there is.
func TestSteerLengthsThatLie(t *testing.T) {
	v := readVectors(t)[0]
	s := load(t, v.config(), true)
	tests := []struct {
		name   string
		change func(b []byte)
	}{
		{"IP version 6", func(b []byte) { b[14] = 6<<4 | 5 }},
		{"IP header of 16 bytes", func(b []byte) { b[14] = 4<<4 | 4 }},
		{"IP header of 60 bytes", func(b []byte) { b[14] = 4<<4 | 15 }},
		{"total length of one byte more", func(b []byte) { b[17]++ }},
		{"total length of one byte less", func(b []byte) { b[17]-- }},
		{"total length 0", func(b []byte) { b[16], b[17] = 0, 0 }},
		{"TCP header of 16 bytes", func(b []byte) { b[46] = 4 << 4 }},
		{"TCP header of 60 bytes", func(b []byte) { b[46] = 15 << 4 }},
	}
	for _, tt := range tests {
		frame := v.answer(nil)
		tt.change(frame)
		if got, err := s.Run(frame); err != nil || got != xdpPass {
			t.Errorf("%s: verdict %d, %v; want pass", tt.name, got, err)
		}
	}
}

func TestSteerWithoutSocket(t *testing.T) {
	v := readVectors(t)[0]
	s := load(t, v.config(), false)
	if got, err := s.Run(v.answer(nil)); err != nil || got != xdpPass {
		t.Errorf("verdict %d, %v; want pass", got, err)
	}
	if n, _ := s.Counters(); n != (SteerCounters{Unbound: 1}) {
		t.Errorf("counters %+v; want one unbound", n)
	}
}

func TestSteerPassInvalid(t *testing.T) {
	v := readVectors(t)[0]
	cfg := v.config()
	cfg.PassInvalid = true
	s := load(t, cfg, true)
	for i, frame := range [][]byte{
		v.answer(func(r *reply) { r.tcp.Ack++ }),
		v.unreachable(func(q *quote) { q.tcp.Seq++ }),
	} {
		if got, err := s.Run(frame); err != nil || got != xdpPass {
			t.Errorf("frame %d: verdict %d, %v; want pass", i, got, err)
		}
	}
	if n, _ := s.Counters(); n != (SteerCounters{Forged: 2}) {
		t.Errorf("counters %+v; want two forged", n)
	}
}

// TestSteerSeveralSources accepts answers at each of our addresses and at no other.
func TestSteerSeveralSources(t *testing.T) {
	v := readVectors(t)[0]
	cfg := v.config()
	cfg.Sources = []uint32{addr("198.18.0.9"), v.us, addr("198.18.0.7")}
	s := load(t, cfg, true)
	if got, err := s.Run(v.answer(nil)); err != nil || got != xdpRedirect {
		t.Errorf("our address: verdict %d, %v; want redirect", got, err)
	}
	if got, err := s.Run(v.answer(func(r *reply) { r.ip.DstIP = net.IP{198, 18, 0, 9} })); err != nil || got != xdpDrop {
		t.Errorf("another of our addresses: verdict %d, %v; want drop", got, err)
	}
	if got, err := s.Run(v.answer(func(r *reply) { r.ip.DstIP = net.IP{198, 18, 0, 8} })); err != nil || got != xdpPass {
		t.Errorf("an address that is not ours: verdict %d, %v; want pass", got, err)
	}
}

// TestSteerProbes accepts the ports of all probes of a target, round the end of the range, and no other.
func TestSteerProbes(t *testing.T) {
	v := readVectors(t)[0]
	cfg := v.config()
	cfg.Probes = 3
	s := load(t, cfg, true)
	count := int(v.last) - int(v.first) + 1
	for ahead := range 6 {
		port := v.first + uint16((int(v.srcPort-v.first)+ahead)%count)
		want := uint32(xdpRedirect)
		if ahead >= 3 {
			want = xdpDrop
		}
		got, err := s.Run(v.answer(func(r *reply) { r.tcp.DstPort = layers.TCPPort(port) }))
		if err != nil || got != want {
			t.Errorf("port %d, %d ahead: verdict %d, %v; want %d", port, ahead, got, err, want)
		}
	}
}

func TestLoadSteerErrors(t *testing.T) {
	good := SteerConfig{Sources: []uint32{1}, PortFirst: 5, PortLast: 6}
	tests := []struct {
		name   string
		change func(*SteerConfig)
	}{
		{"no source", func(c *SteerConfig) { c.Sources = nil }},
		{"too many sources", func(c *SteerConfig) { c.Sources = make([]uint32, MaxSources+1) }},
		{"ports end before they begin", func(c *SteerConfig) { c.PortLast = 4 }},
		{"more probes than ports", func(c *SteerConfig) { c.Probes = 3 }},
		{"negative queues", func(c *SteerConfig) { c.Queues = -1 }},
	}
	for _, tt := range tests {
		cfg := good
		tt.change(&cfg)
		if s, err := LoadSteer(cfg); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: error %v, want ErrConfig", tt.name, err)
			if s != nil {
				s.Close()
			}
		}
	}
}

func TestParseMode(t *testing.T) {
	for _, m := range []Mode{ModeAuto, ModeNative, ModeGeneric} {
		if got, err := ParseMode(m.String()); err != nil || got != m {
			t.Errorf("ParseMode(%q) = %v, %v", m, got, err)
		}
	}
	if _, err := ParseMode("fast"); err == nil {
		t.Error("ParseMode accepts a mode that there is not")
	}
}

// TestSteerOwned passes a packet with a wrong cookie on where a connection of this host is meant, and drops it where
// only a listening socket has the port. An ICMP error is about what it quotes: a packet of ours.
func TestSteerOwned(t *testing.T) {
	v := readVectors(t)[0]
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	conn, err := net.Dial("tcp4", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	local, remote := conn.LocalAddr().(*net.TCPAddr), conn.RemoteAddr().(*net.TCPAddr)
	nobody := &net.TCPAddr{IP: remote.IP, Port: 9}
	reset := func(us, target *net.TCPAddr) []byte {
		return v.answer(func(r *reply) {
			r.ip.SrcIP, r.ip.DstIP = target.IP.To4(), us.IP.To4()
			r.tcp.SrcPort, r.tcp.DstPort = layers.TCPPort(target.Port), layers.TCPPort(us.Port)
			r.tcp.SYN, r.tcp.RST, r.tcp.Ack = false, true, 1
		})
	}
	tooBig := func(us, target *net.TCPAddr) []byte {
		return v.unreachable(func(q *quote) {
			q.outer.DstIP, q.icmpType, q.code = us.IP.To4(), 3, 4
			q.inner.SrcIP, q.inner.DstIP = us.IP.To4(), target.IP.To4()
			q.tcp.SrcPort, q.tcp.DstPort, q.tcp.Seq = layers.TCPPort(us.Port), layers.TCPPort(target.Port), 1
		})
	}
	tests := []struct {
		name       string
		us, target *net.TCPAddr
		want       uint32
		counter    SteerCounters
	}{
		{"a connection", local, remote, xdpPass, SteerCounters{Owned: 1}},
		{"a connection, from its other end", remote, local, xdpPass, SteerCounters{Owned: 1}},
		{"a listener", remote, nobody, xdpDrop, SteerCounters{Forged: 1}},
		{"nobody", nobody, remote, xdpDrop, SteerCounters{Forged: 1}},
	}
	for _, tt := range tests {
		for kind, frame := range map[string][]byte{"RST": reset(tt.us, tt.target), "ICMP error": tooBig(tt.us, tt.target)} {
			s := load(t, SteerConfig{Sources: []uint32{addr("127.0.0.1")}, PortFirst: 1, PortLast: 65535}, true)
			if got, err := s.Run(frame); err != nil || got != tt.want {
				t.Errorf("%s to %s: verdict %d, %v; want %d", kind, tt.name, got, err, tt.want)
			}
			if n, _ := s.Counters(); n != tt.counter {
				t.Errorf("%s to %s: counters %+v; want %+v", kind, tt.name, n, tt.counter)
			}
		}
	}
}
