package scan

import (
	"errors"
	"net"
	"os"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/blocklist"
	"github.com/xsweep/xsweep/bpf"
	"github.com/xsweep/xsweep/packet"
)

// both is the receive path twice: in the kernel and in Go.
type both struct {
	steer    *bpf.Steer
	validate *validator
	ports    PortRange
	sources  []source
	probe    packet.Probe // one of the scan
}

func newBoth(t testing.TB) *both {
	t.Helper()
	return newBothOf(t, PortRange{40000, 40999}, 1, 0xc6120001)
}

// newBothOf is a scan of everything, from these ports and addresses.
func newBothOf(t testing.TB, ports PortRange, probes int, addrs ...uint32) *both {
	t.Helper()
	key := Key{11, 12}
	s, err := bpf.LoadSteer(bpf.SteerConfig{Key0: key[0], Key1: key[1], Sources: addrs, PortFirst: ports.First,
		PortLast: ports.Last, Probes: probes})
	needPrivilege(t, err)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	fd, err := unix.Socket(unix.AF_XDP, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if err := s.SetSocket(0, fd); err != nil {
		t.Fatal(err)
	}
	space, err := NewSpace(blocklist.All(), everyPort())
	if err != nil {
		t.Fatal(err)
	}
	var sources []source
	for _, addr := range addrs {
		sources = append(sources, newSource(key, addr))
	}
	return &both{s, newValidator(key, sources, ports, probes, space), ports, sources, sources[0].probe(0xc6130203, 443, ports)}
}

// needPrivilege skips where loading programs is not allowed, except where the environment says that it must be.
func needPrivilege(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, unix.EPERM) && os.Getenv("XSWEEP_REQUIRE_NETNS") != "1" {
		t.Skipf("needs CAP_BPF and CAP_NET_ADMIN: %v", err)
	}
}

func everyPort() []uint16 {
	ports := make([]uint16, 1<<16)
	for i := range ports {
		ports[i] = uint16(i)
	}
	return ports
}

// verdicts asks both whether a frame is an answer. What is none is dropped if it is aimed at the scan as only answers are, and
// left to the host if not: of nobody else's traffic is anything dropped.
func (b *both) verdicts(t testing.TB, frame []byte) (kernel, user bool) {
	t.Helper()
	const drop, redirect = 1, 4 // XDP_DROP and XDP_REDIRECT of linux/bpf.h
	verdict, err := b.steer.Run(frame)
	if err != nil {
		t.Fatal(err)
	}
	var r packet.Reply
	aimed := false
	if packet.Parse(frame, &r) {
		_, _, user = b.validate.accept(&r)
		aimed = b.isAim(&r)
	}
	if dropped := verdict == drop; dropped != (aimed && verdict != redirect) {
		t.Errorf("verdict %d; aimed at the scan: %v: %x", verdict, aimed, frame)
	}
	return verdict == redirect, user
}

// isAim tells whether a reply is to one of our addresses and ports, or quotes what came from there.
func (b *both) isAim(r *packet.Reply) bool {
	port := r.DstPort
	if r.Kind == packet.ICMP {
		port = r.Quoted.SrcPort
		if r.Quoted.Src != r.Dst {
			return false
		}
	}
	_, ours := b.validate.sources[r.Dst]
	return ours && port >= b.ports.First && port <= b.ports.Last
}

// answers are frames that both must take: a SYN-ACK in a VLAN with options in both headers, a RST, an ICMP error.
func (b *both) answers() [][]byte {
	p := b.probe
	ip4 := func(a uint32) net.IP { return net.IPv4(byte(a>>24), byte(a>>16), byte(a>>8), byte(a)).To4() }
	eth := layers.Ethernet{SrcMAC: net.HardwareAddr{2, 0, 0, 0, 0, 2}, DstMAC: net.HardwareAddr{2, 0, 0, 0, 0, 1}, EthernetType: layers.EthernetTypeIPv4}
	tagged := eth
	tagged.EthernetType = layers.EthernetTypeDot1Q
	nop := layers.IPv4Option{OptionType: 1}
	back := layers.IPv4{Version: 4, TTL: 60, Protocol: layers.IPProtocolTCP, SrcIP: ip4(p.Dst), DstIP: ip4(p.Src)}
	withOptions := back
	withOptions.Options = []layers.IPv4Option{nop, nop, nop, nop}
	synAck := layers.TCP{SrcPort: layers.TCPPort(p.DstPort), DstPort: layers.TCPPort(p.SrcPort), Seq: 9, Ack: p.Seq + 1, SYN: true, ACK: true,
		Options: []layers.TCPOption{{OptionType: layers.TCPOptionKindMSS, OptionLength: 4, OptionData: []byte{5, 180}}}}
	rst := layers.TCP{SrcPort: synAck.SrcPort, DstPort: synAck.DstPort, Ack: p.Seq + 1, RST: true, ACK: true}
	router := layers.IPv4{Version: 4, TTL: 60, Protocol: layers.IPProtocolICMPv4, SrcIP: ip4(0xc6120002), DstIP: ip4(p.Src)}
	icmp := layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(3, 1)}

	template, err := packet.NewTemplate(packet.Config{})
	if err != nil {
		panic(err)
	}
	quoted := make([]byte, packet.MaxFrameLen)
	quoted = quoted[14:template.Put(quoted, &p)]
	frames := [][]gopacket.SerializableLayer{
		{&tagged, &layers.Dot1Q{VLANIdentifier: 7, Type: layers.EthernetTypeIPv4}, &withOptions, &synAck},
		{&eth, &back, &rst},
		{&eth, &router, &icmp, gopacket.Payload(quoted[:28])},
	}
	var out [][]byte
	for _, f := range frames {
		buf := gopacket.NewSerializeBuffer()
		synAck.SetNetworkLayerForChecksum(&withOptions)
		rst.SetNetworkLayerForChecksum(&back)
		if err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, f...); err != nil {
			panic(err)
		}
		out = append(out, buf.Bytes())
	}
	return out
}

// TestKernelAndGoAgree changes every byte of every kind of answer to every value that differs by one bit or all, and
// cuts the frame at every length: the XDP program and the validator say the same of each.
func TestKernelAndGoAgree(t *testing.T) {
	b := newBoth(t)
	taken := 0
	check := func(frame []byte, what string, at int) {
		kernel, user := b.verdicts(t, frame)
		if kernel != user {
			t.Errorf("%s %d of %x: kernel says %v, Go says %v", what, at, frame, kernel, user)
		}
		if kernel {
			taken++
		}
	}
	for _, frame := range b.answers() {
		if kernel, user := b.verdicts(t, frame); !kernel || !user {
			t.Fatalf("a true answer is refused: kernel %v, Go %v: %x", kernel, user, frame)
		}
		for i := range frame {
			for _, flip := range []byte{1, 2, 4, 8, 16, 32, 64, 128, 255} {
				frame[i] ^= flip
				check(frame, "byte", i)
				frame[i] ^= flip
			}
		}
		for n := 14; n < len(frame); n++ {
			check(frame[:n:n], "length", n)
		}
	}
	if taken == 0 {
		t.Error("no changed frame is an answer: MAC addresses and TTLs should not matter")
	}
}
