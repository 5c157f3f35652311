package nexthop

import (
	"bytes"
	"encoding/binary"
	"net"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// TestARPRequest compares the hand-written frame with the one that gopacket builds.
func TestARPRequest(t *testing.T) {
	mac, from, to := net.HardwareAddr{2, 0, 0, 0, 0, 1}, ip(t, "198.18.0.1"), ip(t, "198.18.0.9")
	f := newARPRequest([6]byte(mac), from)
	binary.BigEndian.PutUint32(f[targetIPAt:], to)

	want := gopacket.NewSerializeBuffer()
	err := gopacket.SerializeLayers(want, gopacket.SerializeOptions{},
		&layers.Ethernet{SrcMAC: mac, DstMAC: layers.EthernetBroadcast, EthernetType: layers.EthernetTypeARP},
		&layers.ARP{
			AddrType: layers.LinkTypeEthernet, Protocol: layers.EthernetTypeIPv4, HwAddressSize: 6, ProtAddressSize: 4,
			Operation: layers.ARPRequest, SourceHwAddress: mac, SourceProtAddress: ipOf(from),
			DstHwAddress: make([]byte, 6), DstProtAddress: ipOf(to),
		})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(f[:], want.Bytes()[:arpFrameLen]) {
		t.Errorf("request:\n got %x\nwant %x", f[:], want.Bytes())
	}
}

// reply returns the answer of a host.
func reply(mac [6]byte, addr uint32) []byte {
	f := newARPRequest(mac, addr)
	f[operationAt+1] = 2
	return f[:]
}

func TestParseARPReply(t *testing.T) {
	mac := [6]byte{2, 0, 0, 0, 0, 9}
	with := func(at int, b ...byte) []byte {
		f := reply(mac, 0xc6120009)
		copy(f[at:], b)
		return f
	}
	tests := []struct {
		name  string
		frame []byte
		ok    bool
	}{
		{"a reply", reply(mac, 0xc6120009), true},
		{"a reply with padding", append(reply(mac, 0xc6120009), make([]byte, 18)...), true},
		{"a request", with(operationAt, 0, 1), false},
		{"operation 0x0102", with(operationAt, 1, 2), false},
		{"cut by a byte", reply(mac, 0xc6120009)[:arpFrameLen-1], false},
		{"empty", nil, false},
		{"tagged", with(etherTypeAt, 0x81, 0), false},
		{"hardware type other than Ethernet", with(arpAt, 0, 6), false},
		{"protocol other than IPv4", with(arpAt+2, 0x86, 0xdd), false},
		{"hardware addresses of eight bytes", with(arpAt+4, 8), false},
		{"the broadcast address", with(senderMACAt, 255, 255, 255, 255, 255, 255), false},
		{"a multicast address", with(senderMACAt, 3), false},
		{"an address of zeros", with(senderMACAt, 0, 0, 0, 0, 0, 0), false},
	}
	for _, tt := range tests {
		gotIP, gotMAC, ok := parseARPReply(tt.frame)
		if ok != tt.ok || ok && (gotIP != 0xc6120009 || gotMAC != mac) {
			t.Errorf("%s: parseARPReply = %x, %x, %v, want ok %v", tt.name, gotIP, gotMAC, ok, tt.ok)
		}
	}
}

// FuzzParseARPReply compares the parser with gopacket's.
func FuzzParseARPReply(f *testing.F) {
	f.Add(reply([6]byte{2, 0, 0, 0, 0, 9}, 0xc6120009))
	f.Add(newARPRequest([6]byte{2, 0, 0, 0, 0, 1}, 0)[:])
	f.Add([]byte("000000000000\x08\x060\x01\x08\x00\x06\x04\x00\x0200000000000000000000")) // hardware type 0x3001
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, frame []byte) {
		addr, mac, ok := parseARPReply(frame)
		wantAddr, wantMAC, want := gopacketReply(frame)
		if ok != want || ok && (addr != wantAddr || mac != wantMAC) {
			t.Errorf("parseARPReply(%x) = %x, %x, %v; gopacket: %x, %x, %v", frame, addr, mac, ok, wantAddr, wantMAC, want)
		}
	})
}

func gopacketReply(frame []byte) (uint32, [6]byte, bool) {
	// gopacket decodes only what it has, and wants no more than the header of ARP.
	p := gopacket.NewPacket(frame, layers.LayerTypeEthernet, gopacket.NoCopy)
	eth, _ := p.LinkLayer().(*layers.Ethernet)
	arp, _ := p.Layer(layers.LayerTypeARP).(*layers.ARP)
	if eth == nil || eth.EthernetType != layers.EthernetTypeARP || arp == nil {
		return 0, [6]byte{}, false
	}
	if frame[arpAt] != 0 { // gopacket keeps only the low byte of the hardware type
		return 0, [6]byte{}, false
	}
	if arp.AddrType != layers.LinkTypeEthernet || arp.Protocol != layers.EthernetTypeIPv4 ||
		arp.HwAddressSize != 6 || arp.ProtAddressSize != 4 || arp.Operation != layers.ARPReply {
		return 0, [6]byte{}, false
	}
	mac := [6]byte(arp.SourceHwAddress)
	if mac[0]&1 != 0 || mac == ([6]byte{}) {
		return 0, mac, false
	}
	return binary.BigEndian.Uint32(arp.SourceProtAddress), mac, true
}
