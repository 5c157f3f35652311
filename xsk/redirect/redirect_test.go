package redirect

import (
	"errors"
	"net"
	"os"
	"slices"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"golang.org/x/sys/unix"
)

// needPrivilege skips where loading programs is not allowed, except where the environment says that it must be.
func needPrivilege(t *testing.T, err error) {
	t.Helper()
	if errors.Is(err, unix.EPERM) && os.Getenv("XSWEEP_REQUIRE_NETNS") != "1" {
		t.Skipf("needs CAP_BPF, CAP_NET_ADMIN and CAP_NET_RAW: %v", err)
	}
}

func load(t *testing.T, cfg Config) *Program {
	t.Helper()
	p, err := Load(cfg)
	needPrivilege(t, err)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// unboundSocket is an AF_XDP socket that can be put into a map.
func unboundSocket(t *testing.T) int {
	t.Helper()
	fd, err := unix.Socket(unix.AF_XDP, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	needPrivilege(t, err)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

// packet is a frame under construction: a DNS query unless changed.
type packet struct {
	tags    []layers.EthernetType // of the VLAN tags, outermost first
	ip      layers.IPv4
	udp     layers.UDP
	tcp     *layers.TCP // instead of udp
	payload string
}

// frame serializes a packet.
func frame(t *testing.T, change func(*packet)) []byte {
	t.Helper()
	p := packet{
		ip: layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolUDP,
			SrcIP: net.IP{198, 18, 0, 2}, DstIP: net.IP{198, 18, 0, 1}},
		udp:     layers.UDP{SrcPort: 4000, DstPort: 53},
		payload: "query",
	}
	if change != nil {
		change(&p)
	}
	types := append(slices.Clone(p.tags), layers.EthernetTypeIPv4)
	list := []gopacket.SerializableLayer{&layers.Ethernet{
		SrcMAC: net.HardwareAddr{2, 0, 0, 0, 0, 2}, DstMAC: net.HardwareAddr{2, 0, 0, 0, 0, 1}, EthernetType: types[0]}}
	for _, next := range types[1:] {
		list = append(list, &layers.Dot1Q{VLANIdentifier: 7, Type: next})
	}
	list = append(list, &p.ip)
	if p.tcp != nil {
		p.ip.Protocol = layers.IPProtocolTCP
		list = append(list, p.tcp)
	} else {
		list = append(list, &p.udp)
	}
	buf := gopacket.NewSerializeBuffer()
	err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true}, append(list, gopacket.Payload(p.payload))...)
	if err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func otherFrame(etherType layers.EthernetType) []byte {
	b := make([]byte, 60)
	b[12], b[13] = byte(etherType>>8), byte(etherType)
	return b
}

func TestFilter(t *testing.T) {
	var (
		arp    = Filter{EtherType: 0x0806}
		ipv4   = Filter{EtherType: 0x0800}
		udp    = Filter{Protocol: 17}
		dns    = Filter{Protocol: 17, Ports: []uint16{5353, 53}}
		either = Filter{Ports: []uint16{53}}
		q, s   = layers.EthernetTypeDot1Q, layers.EthernetTypeQinQ
	)
	query := frame(t, nil)
	port := func(n uint16) []byte { return frame(t, func(p *packet) { p.udp.DstPort = layers.UDPPort(n) }) }
	tcp := frame(t, func(p *packet) { p.tcp = &layers.TCP{SrcPort: 4000, DstPort: 53, SYN: true} })
	options := frame(t, func(p *packet) { p.ip.Options = slices.Repeat([]layers.IPv4Option{{OptionType: 1}}, 8) })
	tests := []struct {
		name   string
		filter Filter
		frame  []byte
		want   bool
	}{
		{"no filter, ARP", Filter{}, otherFrame(0x0806), true},
		{"no filter, the shortest frame", Filter{}, query[:14], true},
		{"ARP", arp, otherFrame(0x0806), true},
		{"IPv4 where ARP is wanted", arp, query, false},
		{"IPv4", ipv4, query, true},
		{"EtherType with only the high byte right", ipv4, otherFrame(0x0801), false},
		{"EtherType with its bytes swapped", arp, otherFrame(0x0608), false},
		{"UDP", udp, query, true},
		{"TCP where UDP is wanted", udp, tcp, false},
		{"IPv6", udp, otherFrame(0x86dd), false},
		{"last port", dns, query, true},
		{"first port", dns, port(5353), true},
		{"one below", dns, port(52), false},
		{"one above", dns, port(54), false},
		{"port with its bytes swapped", dns, port(53 << 8), false},
		{"source port", dns, frame(t, func(p *packet) { p.udp.SrcPort, p.udp.DstPort = 53, 4000 }), false},
		{"TCP to a port of UDP", dns, tcp, false},
		{"UDP to a port of either", either, query, true},
		{"TCP to a port of either", either, tcp, true},
		{"SCTP to a port of either", either, frame(t, func(p *packet) { p.ip.Protocol = layers.IPProtocolSCTP }), false},
		{"IP options", dns, options, true},
		{"options that push the port behind the frame", dns, options[:49], false},
		{"first fragment", dns, frame(t, func(p *packet) { p.ip.Flags = layers.IPv4MoreFragments }), false},
		{"later fragment", dns, frame(t, func(p *packet) { p.ip.FragOffset = 9 }), false},
		{"fragment where only the protocol counts", udp, frame(t, func(p *packet) { p.ip.FragOffset = 9 }), true},
		{"don't-fragment flag", dns, frame(t, func(p *packet) { p.ip.Flags = layers.IPv4DontFragment }), true},
		{"one VLAN tag", dns, frame(t, func(p *packet) { p.tags = []layers.EthernetType{q} }), true},
		{"one provider tag", dns, frame(t, func(p *packet) { p.tags = []layers.EthernetType{s} }), true},
		{"two tags", dns, frame(t, func(p *packet) { p.tags = []layers.EthernetType{s, q} }), true},
		{"three tags", dns, frame(t, func(p *packet) { p.tags = []layers.EthernetType{s, q, q} }), false},
		{"IP version 6 in IPv4", dns, changed(query, 14, 0x65), false},
		{"IP header of 16 bytes", dns, changed(query, 14, 0x44), false},
		{"IP header longer than the frame", dns, changed(query, 14, 0x4f), false},
	}
	for _, tt := range tests {
		p := load(t, Config{Filter: tt.filter, Action: Drop})
		got, err := p.Run(tt.frame)
		want := uint32(xdpPass)
		if tt.want {
			want = xdpDrop
		}
		if err != nil || got != want {
			t.Errorf("%s: verdict %d, %v; want %d", tt.name, got, err, want)
		}
	}
}

func changed(frame []byte, at int, to byte) []byte {
	b := slices.Clone(frame)
	b[at] = to
	return b
}

// TestFilterTruncated cuts frames at every length: they match from the first length on that shows all that the filter
// looks at, and not before.
func TestFilterTruncated(t *testing.T) {
	query := frame(t, func(p *packet) { p.tags = []layers.EthernetType{layers.EthernetTypeQinQ, layers.EthernetTypeDot1Q} })
	options := frame(t, func(p *packet) { p.ip.Options = slices.Repeat([]layers.IPv4Option{{OptionType: 1}}, 40) })
	tests := []struct {
		name   string
		filter Filter
		frame  []byte
		want   int // bytes from which on it matches
	}{
		{"all frames", Filter{}, query, 14},
		{"EtherType behind two tags", Filter{EtherType: 0x0800}, query, 14 + 8},
		{"protocol", Filter{Protocol: 17}, query, 14 + 8 + 20},
		{"port", Filter{Protocol: 17, Ports: []uint16{53}}, query, 14 + 8 + 20 + 8},
		{"port of either protocol", Filter{Ports: []uint16{53}}, query, 14 + 8 + 20 + 8},
		{"port behind IP options", Filter{Ports: []uint16{53}}, options, 14 + 60 + 8},
	}
	for _, tt := range tests {
		p := load(t, Config{Filter: tt.filter, Action: Drop})
		for n := 14; n <= len(tt.frame); n++ { // the kernel refuses to run a frame without an Ethernet header
			want := uint32(xdpPass)
			if n >= tt.want {
				want = xdpDrop
			}
			if got, err := p.Run(tt.frame[:n:n]); err != nil || got != want {
				t.Errorf("%s, %d bytes of %d: verdict %d, %v; want %d", tt.name, n, len(tt.frame), got, err, want)
			}
		}
	}
}

// TestFilterManyPorts finds the first, the last and no other of as many ports as there can be.
func TestFilterManyPorts(t *testing.T) {
	f := Filter{Protocol: 17}
	for i := range uint16(MaxPorts) {
		f.Ports = append(f.Ports, 65535-i)
	}
	p := load(t, Config{Filter: f, Action: Drop})
	for port, want := range map[uint16]uint32{65535: xdpDrop, 65535 - MaxPorts + 1: xdpDrop, 65535 - MaxPorts: xdpPass} {
		b := frame(t, func(p *packet) { p.udp.DstPort = layers.UDPPort(port) })
		if got, err := p.Run(b); err != nil || got != want {
			t.Errorf("port %d: verdict %d, %v; want %d", port, got, err, want)
		}
	}
}

// TestActions runs one frame that matches and one that does not.
func TestActions(t *testing.T) {
	tests := []struct {
		name         string
		action       Action
		filter       Filter
		socket       bool
		match, other uint32
		want         Counters
	}{
		{"redirect", Redirect, Filter{Protocol: 17}, true, xdpRedirect, xdpPass, Counters{Matched: 1, Passed: 1}},
		{"redirect all", Redirect, Filter{}, true, xdpRedirect, xdpRedirect, Counters{Matched: 2}},
		{"no socket", Redirect, Filter{Protocol: 17}, false, xdpPass, xdpPass, Counters{Unbound: 1, Passed: 1}},
		{"drop", Drop, Filter{Protocol: 17}, false, xdpDrop, xdpPass, Counters{Matched: 1, Passed: 1}},
		{"pass", Pass, Filter{}, false, xdpPass, xdpPass, Counters{Passed: 2}},
	}
	for _, tt := range tests {
		p := load(t, Config{Action: tt.action, Filter: tt.filter})
		if tt.socket {
			if err := p.Add(0, unboundSocket(t)); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := p.Run(frame(t, nil)); err != nil || got != tt.match {
			t.Errorf("%s: frame that matches: verdict %d, %v; want %d", tt.name, got, err, tt.match)
		}
		if got, err := p.Run(otherFrame(0x0806)); err != nil || got != tt.other {
			t.Errorf("%s: another frame: verdict %d, %v; want %d", tt.name, got, err, tt.other)
		}
		if got, err := p.Counters(); err != nil || got != tt.want {
			t.Errorf("%s: Counters() = %+v, %v; want %+v", tt.name, got, err, tt.want)
		}
	}
}

func TestAdd(t *testing.T) {
	p := load(t, Config{Queues: 2})
	first, second := unboundSocket(t), unboundSocket(t)
	if err := errors.Join(p.Add(1, first), p.Add(1, first)); err != nil {
		t.Errorf("adding a socket twice: %v", err)
	}
	if err := p.Add(1, second); !errors.Is(err, ErrTaken) {
		t.Errorf("adding another socket to the queue: %v, want ErrTaken", err)
	}
	if err := p.Add(2, second); !errors.Is(err, unix.E2BIG) {
		t.Errorf("queue 2 of 0 and 1: %v, want E2BIG", err)
	}
	if err := p.Add(0, 1); err == nil {
		t.Error("standard output was accepted as an AF_XDP socket")
	}
	if err := load(t, Config{Action: Drop}).Add(0, second); err == nil {
		t.Error("a program that drops took a socket")
	}
}

// TestUseMap puts a socket into the map of a program that is not ours, and leaves the map to its owner.
func TestUseMap(t *testing.T) {
	dispatcher := load(t, Config{})
	s, err := UseMap(dispatcher.sockets.m)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Add(0, unboundSocket(t)); err != nil {
		t.Fatal(err)
	}
	if err := s.Add(0, unboundSocket(t)); !errors.Is(err, ErrTaken) {
		t.Errorf("adding another socket to the queue: %v, want ErrTaken", err)
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Error(err)
	}
	if got, err := dispatcher.Run(frame(t, nil)); err != nil || got != xdpRedirect {
		t.Errorf("verdict %d, %v; want redirect", got, err)
	}
	if _, err := UseMap(dispatcher.counters); err == nil {
		t.Errorf("a map of type %v was accepted", ebpf.PerCPUArray)
	}
}

func TestValidate(t *testing.T) {
	tests := []struct {
		name string
		cfg  Config
		ok   bool
	}{
		{"zero", Config{}, true},
		{"shortest EtherType", Config{Filter: Filter{EtherType: 0x0600}}, true},
		{"length for an EtherType", Config{Filter: Filter{EtherType: 0x05ff}}, false},
		{"VLAN tag", Config{Filter: Filter{EtherType: 0x8100}}, false},
		{"provider tag", Config{Filter: Filter{EtherType: 0x88a8}}, false},
		{"protocol of IPv6", Config{Filter: Filter{EtherType: 0x86dd, Protocol: 17}}, false},
		{"protocol of IPv4, said aloud", Config{Filter: Filter{EtherType: 0x0800, Protocol: 17}}, true},
		{"ports of ARP", Config{Filter: Filter{EtherType: 0x0806, Ports: []uint16{1}}}, false},
		{"ports of ICMP", Config{Filter: Filter{Protocol: 1, Ports: []uint16{1}}}, false},
		{"as many ports as can be", Config{Filter: Filter{Ports: make([]uint16, MaxPorts)}}, true},
		{"too many ports", Config{Filter: Filter{Ports: make([]uint16, MaxPorts+1)}}, false},
		{"filter without effect", Config{Action: Pass, Filter: Filter{Protocol: 17}}, false},
		{"unknown action", Config{Action: Pass + 1}, false},
		{"unknown mode", Config{Mode: ModeGeneric + 1}, false},
		{"negative queues", Config{Queues: -1}, false},
		{"too many queues", Config{Queues: 1<<16 + 1}, false},
	}
	for _, tt := range tests {
		if err := tt.cfg.Validate(); (err == nil) != tt.ok || err != nil && !errors.Is(err, ErrConfig) {
			t.Errorf("%s: Validate() = %v, want ok %v", tt.name, err, tt.ok)
		}
	}
	if p, err := Load(Config{Queues: -1}); !errors.Is(err, ErrConfig) {
		t.Errorf("Load of a bad Config = %v, %v", p, err)
	}
}
