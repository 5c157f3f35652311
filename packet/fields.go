package packet

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// Fields is what a person wants to see of a frame that Put wrote. Checksums are as in the frame, right or wrong.
type Fields struct {
	SrcMAC, DstMAC          [6]byte
	VLAN                    uint16 // 0 without a tag
	Probe                   Probe
	IPChecksum, TCPChecksum uint16
}

// Decode returns the fields of a frame that Put wrote, for printing and for tests. It goes through gopacket, so it
// is far slower than Parse, and it fails if frame is not Ethernet, IPv4 and TCP.
func Decode(frame []byte) (Fields, error) {
	p := gopacket.NewPacket(frame, layers.LayerTypeEthernet, gopacket.NoCopy)
	eth, isEthernet := p.LinkLayer().(*layers.Ethernet)
	ip, isIPv4 := p.NetworkLayer().(*layers.IPv4)
	tcp, isTCP := p.TransportLayer().(*layers.TCP)
	if bad := p.ErrorLayer(); bad != nil {
		return Fields{}, fmt.Errorf("decode frame: %w", bad.Error())
	}
	if !isEthernet || !isIPv4 || !isTCP {
		return Fields{}, errors.New("decode frame: not Ethernet, IPv4 and TCP")
	}
	f := Fields{
		SrcMAC: [6]byte(eth.SrcMAC),
		DstMAC: [6]byte(eth.DstMAC),
		Probe: Probe{
			Src:     binary.BigEndian.Uint32(ip.SrcIP),
			Dst:     binary.BigEndian.Uint32(ip.DstIP),
			SrcPort: uint16(tcp.SrcPort),
			DstPort: uint16(tcp.DstPort),
			Seq:     tcp.Seq,
			ID:      ip.Id,
		},
		IPChecksum:  ip.Checksum,
		TCPChecksum: tcp.Checksum,
	}
	if tag, ok := p.Layer(layers.LayerTypeDot1Q).(*layers.Dot1Q); ok {
		f.VLAN = tag.VLANIdentifier
	}
	return f, nil
}
