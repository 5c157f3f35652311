package packet

import (
	"bytes"
	"encoding/binary"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// slowParse is Parse written with gopacket's decoders, one layer after the other, as the second opinion that Parse is
// compared with. gopacket's complaints about options are not taken up: the fields before them are decoded by then.
func slowParse(frame []byte) (Reply, bool) {
	var eth layers.Ethernet
	if eth.DecodeFromBytes(frame, gopacket.NilDecodeFeedback) != nil {
		return Reply{}, false
	}
	var r Reply
	next, data := eth.EthernetType, eth.Payload
	for i := 0; i < 2 && (next == layers.EthernetTypeDot1Q || next == layers.EthernetTypeQinQ); i++ {
		var tag layers.Dot1Q
		if tag.DecodeFromBytes(data, gopacket.NilDecodeFeedback) != nil {
			return Reply{}, false
		}
		if i == 0 {
			r.VLAN = tag.VLANIdentifier
		}
		next, data = tag.Type, tag.Payload
	}
	if next != layers.EthernetTypeIPv4 {
		return Reply{}, false
	}
	ip, ok := slowIPv4(data)
	if !ok || ip.Flags&layers.IPv4MoreFragments != 0 || ip.FragOffset != 0 {
		return Reply{}, false
	}
	r.TTL, r.ID = ip.TTL, ip.Id
	r.Src, r.Dst = binary.BigEndian.Uint32(ip.SrcIP), binary.BigEndian.Uint32(ip.DstIP)
	switch ip.Protocol {
	case layers.IPProtocolTCP:
		return r, int(ip.Length) <= len(data) && slowTCP(ip.Payload, &r)
	case layers.IPProtocolICMPv4:
		return r, slowICMP(ip.Payload, &r)
	}
	return Reply{}, false
}

// slowIPv4 refuses a total length of 0, in which gopacket sees segmentation offload.
func slowIPv4(data []byte) (*layers.IPv4, bool) {
	ip := new(layers.IPv4)
	err := ip.DecodeFromBytes(data, gopacket.NilDecodeFeedback)
	optionsOnly := ip.Payload != nil // gopacket sets it before it reads options
	if err != nil && !optionsOnly || ip.Version != 4 || binary.BigEndian.Uint16(data[2:4]) == 0 {
		return nil, false
	}
	return ip, true
}

func slowTCP(data []byte, r *Reply) bool {
	var tcp layers.TCP
	_ = tcp.DecodeFromBytes(data, gopacket.NilDecodeFeedback) // the checks below find all but bad options
	if len(data) < 20 || tcp.DataOffset < 5 || int(tcp.DataOffset)*4 > len(data) {
		return false
	}
	switch {
	case tcp.RST:
		r.Kind = RST
	case tcp.SYN && tcp.ACK && !tcp.FIN:
		r.Kind = SYNACK
	default:
		return false
	}
	r.SrcPort, r.DstPort = uint16(tcp.SrcPort), uint16(tcp.DstPort)
	r.Seq, r.Ack, r.Window = tcp.Seq, tcp.Ack, tcp.Window
	for i, set := range []bool{tcp.FIN, tcp.SYN, tcp.RST, tcp.PSH, tcp.ACK, tcp.URG, tcp.ECE, tcp.CWR} {
		if set {
			r.Flags |= 1 << i
		}
	}
	kinds := make([]byte, 0, 40)
	for _, o := range tcp.Options {
		kinds = append(kinds, byte(o.OptionType))
		if int(o.OptionLength) == 2+len(o.OptionData) { // not so of one cut off
			slowOption(o, r)
		}
	}
	padding := bytes.TrimLeft(tcp.Padding, "\x00") // what gopacket finds behind the end of the list
	kinds = append(kinds, tcp.Padding[:len(tcp.Padding)-len(padding)]...)
	r.NumOptions = uint8(copy(r.OptionKinds[:], kinds))
	return true
}

func slowOption(o layers.TCPOption, r *Reply) {
	switch {
	case o.OptionType == layers.TCPOptionKindMSS && o.OptionLength == 4:
		r.HasMSS, r.MSS = true, binary.BigEndian.Uint16(o.OptionData)
	case o.OptionType == layers.TCPOptionKindWindowScale && o.OptionLength == 3:
		r.HasWScale, r.WScale = true, o.OptionData[0]
	case o.OptionType == layers.TCPOptionKindSACKPermitted && o.OptionLength == 2:
		r.SACKPerm = true
	case o.OptionType == layers.TCPOptionKindTimestamps && o.OptionLength == 10:
		r.HasTimestamp = true
		r.TSVal, r.TSEcr = binary.BigEndian.Uint32(o.OptionData), binary.BigEndian.Uint32(o.OptionData[4:])
	}
}

func slowICMP(data []byte, r *Reply) bool {
	var icmp layers.ICMPv4
	if icmp.DecodeFromBytes(data, gopacket.NilDecodeFeedback) != nil {
		return false
	}
	switch icmp.TypeCode.Type() {
	case layers.ICMPv4TypeDestinationUnreachable, layers.ICMPv4TypeSourceQuench, layers.ICMPv4TypeRedirect,
		layers.ICMPv4TypeTimeExceeded:
	default:
		return false
	}
	quote := append([]byte(nil), icmp.Payload...)
	if len(quote) < 20 {
		return false
	}
	binary.BigEndian.PutUint16(quote[2:4], uint16(len(quote))) // the quoted length counts for nothing
	ip, ok := slowIPv4(quote)
	if !ok || ip.Protocol != layers.IPProtocolTCP || ip.FragOffset != 0 || len(ip.Payload) < 8 {
		return false
	}
	header := append(append([]byte(nil), ip.Payload[:8]...), 0, 0, 0, 0, 0x50, 0, 0, 0, 0, 0, 0, 0)
	var tcp layers.TCP
	if tcp.DecodeFromBytes(header, gopacket.NilDecodeFeedback) != nil {
		return false
	}
	r.Kind, r.ICMPType, r.ICMPCode = ICMP, icmp.TypeCode.Type(), icmp.TypeCode.Code()
	r.Quoted = Probe{
		Src: binary.BigEndian.Uint32(ip.SrcIP), Dst: binary.BigEndian.Uint32(ip.DstIP), ID: ip.Id,
		SrcPort: uint16(tcp.SrcPort), DstPort: uint16(tcp.DstPort), Seq: tcp.Seq,
	}
	return true
}
