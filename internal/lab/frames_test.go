package lab

import (
	"encoding/binary"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// optionProfiles are TCP options as scanners and operating systems send them in a SYN: headers of 20 to 44 bytes and
// the longest there can be.
var optionProfiles = []struct {
	name    string
	options []byte
}{
	{"none", nil},
	{"mss", []byte{2, 4, 5, 0xb4}},
	{"windows", []byte{2, 4, 5, 0xb4, 1, 3, 3, 8, 1, 1, 4, 2}},
	{"linux", []byte{2, 4, 5, 0xb4, 4, 2, 8, 10, 0x12, 0x34, 0x56, 0x78, 0, 0, 0, 0, 1, 3, 3, 7}},
	{"bsd", []byte{2, 4, 5, 0xb4, 1, 3, 3, 6, 1, 1, 8, 10, 0xde, 0xad, 0xbe, 0xef, 0, 0, 0, 0, 4, 2, 0, 0}},
	{"longest", []byte{
		2, 4, 5, 0xb4, 1, 3, 3, 6, 1, 1, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0,
		4, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0,
	}},
}

var (
	testScannerMAC = macOf(ScannerAddr)
	testWorldMAC   = macOf(WorldAddr)
)

// segment describes a frame to build; the zero value of a field is the usual one.
type segment struct {
	src, dst     uint32
	sport, dport uint16
	seq, ack     uint32
	flags        byte
	options      []byte
	payload      []byte
	padding      int // bytes after the packet
}

// rawTCP makes the frame with its own arithmetic, so that it shares nothing with the program under test.
func rawTCP(s segment) []byte {
	if s.src == 0 {
		s.src = ScannerAddr
	}
	header := 20 + len(s.options)
	total := 20 + header + len(s.payload)
	b := make([]byte, 14+total+s.padding)
	copy(b[0:], testWorldMAC)
	copy(b[6:], testScannerMAC)
	binary.BigEndian.PutUint16(b[12:], 0x0800)
	ip, tcp := b[14:34], b[34:14+total]
	ip[0], ip[8], ip[9] = 0x45, 64, 6
	binary.BigEndian.PutUint16(ip[2:], uint16(total))
	binary.BigEndian.PutUint16(ip[4:], 54321)
	binary.BigEndian.PutUint32(ip[12:], s.src)
	binary.BigEndian.PutUint32(ip[16:], s.dst)
	binary.BigEndian.PutUint16(tcp[0:], s.sport)
	binary.BigEndian.PutUint16(tcp[2:], s.dport)
	binary.BigEndian.PutUint32(tcp[4:], s.seq)
	binary.BigEndian.PutUint32(tcp[8:], s.ack)
	tcp[12], tcp[13] = byte(header/4)<<4, s.flags
	binary.BigEndian.PutUint16(tcp[14:], 65535)
	copy(tcp[20:], s.options)
	copy(tcp[header:], s.payload)
	fixChecksums(b)
	return b
}

func rawSYN(dst uint32, dport uint16, seq uint32) []byte {
	return rawTCP(segment{dst: dst, sport: 40000, dport: dport, seq: seq, flags: 0x02, options: optionProfiles[1].options})
}

// fixChecksums writes both checksums of a TCP frame without IP options.
func fixChecksums(frame []byte) {
	ip := frame[14:34]
	tcp := frame[34 : 14+int(binary.BigEndian.Uint16(ip[2:]))]
	ip[10], ip[11] = 0, 0
	binary.BigEndian.PutUint16(ip[10:], ^onesSum(0, ip))
	tcp[16], tcp[17] = 0, 0
	binary.BigEndian.PutUint16(tcp[16:], ^tcpSum(ip, tcp))
}

func tcpSum(ip, tcp []byte) uint16 {
	return onesSum(uint32(onesSum(6+uint32(len(tcp)), ip[12:20])), tcp)
}

// onesSum is RFC 1071 taken literally. Its result is a sum to go on from, too.
func onesSum(start uint32, b []byte) uint16 {
	sum := start
	for i := 0; i+1 < len(b); i += 2 {
		sum += uint32(b[i])<<8 | uint32(b[i+1])
	}
	if len(b)%2 == 1 {
		sum += uint32(b[len(b)-1]) << 8
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return uint16(sum)
}

// decode parses a frame and fails the test unless every length and checksum in it is right: gopacket, computing them
// anew, must come to the same bytes.
func decode(t testing.TB, frame []byte) gopacket.Packet {
	t.Helper()
	p := gopacket.NewPacket(frame, layers.LayerTypeEthernet, gopacket.Default)
	if e := p.ErrorLayer(); e != nil {
		t.Fatalf("decode %x: %v", frame, e.Error())
	}
	var again []gopacket.SerializableLayer
	ip, _ := p.Layer(layers.LayerTypeIPv4).(*layers.IPv4)
	for _, l := range p.Layers() {
		s, ok := l.(gopacket.SerializableLayer)
		if !ok {
			t.Fatalf("decode %x: layer %v cannot be written again", frame, l.LayerType())
		}
		if tcp, ok := l.(*layers.TCP); ok {
			tcp.SetNetworkLayerForChecksum(ip)
		}
		again = append(again, s)
	}
	buf := gopacket.NewSerializeBuffer()
	opts := gopacket.SerializeOptions{ComputeChecksums: true, FixLengths: true}
	if err := gopacket.SerializeLayers(buf, opts, again...); err != nil {
		t.Fatalf("encode %x again: %v", frame, err)
	}
	want := buf.Bytes()
	if len(frame) < len(want) && len(want) == 60 {
		want = want[:len(frame)] // gopacket pads to the shortest frame, a kernel on veth does not
	}
	for len(want) < len(frame) && len(frame) == 60 {
		want = append(want, 0)
	}
	if string(want) != string(frame) {
		t.Fatalf("frame does not survive decoding and encoding:\n got %x\nwant %x", frame, want)
	}
	return p
}
