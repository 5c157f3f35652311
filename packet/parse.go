package packet

import "encoding/binary"

// Parse reads an answer to a probe from frame, an Ethernet frame without its check sequence, into r. It returns false
// if frame holds anything but a SYN-ACK, a RST or an ICMP error about a TCP packet; the package comment has the exact
// rules. It sets every field of r if it returns true, and leaves r as it was if not.
//
// Parse takes any bytes whatever, and keeps no reference to frame. Goroutines may call it at once, each with its own r.
func Parse(frame []byte, r *Reply) bool {
	var d datagram
	if !d.find(frame) {
		return false
	}
	switch d.header[9] {
	case protocolTCP:
		return !d.cut && parseTCP(&d, r)
	case protocolICMP:
		return parseICMP(&d, r)
	}
	return false
}

// start resets r to what every kind of reply has: the IPv4 header's fields.
func (r *Reply) start(kind Kind, d *datagram) {
	h := (*[ipv4Len]byte)(d.header)
	*r = Reply{}
	r.Kind = kind
	r.TTL = h[8]
	r.VLAN = d.vlan
	r.ID = binary.BigEndian.Uint16(h[4:6])
	r.Src = binary.BigEndian.Uint32(h[12:16])
	r.Dst = binary.BigEndian.Uint32(h[16:20])
}

// parseTCP reads a SYN-ACK or a RST: rules 6 to 8 of the package comment.
func parseTCP(d *datagram, r *Reply) bool {
	if len(d.payload) < tcpLen {
		return false
	}
	h := (*[tcpLen]byte)(d.payload)
	size := int(h[12]>>4) * 4
	if size < tcpLen || size > len(d.payload) {
		return false
	}
	flags := h[13]
	kind := SYNACK
	if flags&FlagRST != 0 {
		kind = RST
	} else if flags&(FlagSYN|FlagACK|FlagFIN) != FlagSYN|FlagACK {
		return false
	}
	r.start(kind, d)
	r.SrcPort = binary.BigEndian.Uint16(h[0:2])
	r.DstPort = binary.BigEndian.Uint16(h[2:4])
	r.Seq = binary.BigEndian.Uint32(h[4:8])
	r.Ack = binary.BigEndian.Uint32(h[8:12])
	r.Flags = flags
	r.Window = binary.BigEndian.Uint16(h[14:16])
	r.NumOptions = r.parseOptions(d.payload[tcpLen:size])
	return true
}

// TCP option kinds: 0 to 3 of RFC 9293, SACK of RFC 2018, timestamps of RFC 7323.
const (
	optionEnd       = 0
	optionNop       = 1
	optionMSS       = 2
	optionWScale    = 3
	optionSACKPerm  = 4
	optionTimestamp = 8
)

// parseOptions reads what it can of a TCP header's options, at most MaxOptions bytes, and returns how many kinds there
// are. The end of the list counts once for each byte of padding that it takes.
func (r *Reply) parseOptions(b []byte) (n uint8) {
	ended := false
	for len(b) > 0 {
		kind := b[0]
		if ended && kind != optionEnd {
			return n
		}
		r.OptionKinds[n] = kind
		n++
		switch kind {
		case optionEnd:
			ended = true
			b = b[1:]
			continue
		case optionNop:
			b = b[1:]
			continue
		}
		if len(b) < 2 {
			return n
		}
		size := int(b[1])
		if size < 2 || size > len(b) {
			return n
		}
		r.setOption(kind, b[2:size])
		b = b[size:]
	}
	return n
}

// setOption notes an option that a scanner reports, if data has the length that its RFC gives it.
func (r *Reply) setOption(kind byte, data []byte) {
	switch {
	case kind == optionMSS && len(data) == 2:
		r.HasMSS, r.MSS = true, binary.BigEndian.Uint16(data)
	case kind == optionWScale && len(data) == 1:
		r.HasWScale, r.WScale = true, data[0]
	case kind == optionSACKPerm && len(data) == 0:
		r.SACKPerm = true
	case kind == optionTimestamp && len(data) == 8:
		r.HasTimestamp = true
		r.TSVal = binary.BigEndian.Uint32(data[0:4])
		r.TSEcr = binary.BigEndian.Uint32(data[4:8])
	}
}

// ICMP errors that quote the packet they are about (RFC 792).
const (
	icmpUnreachable  = 3
	icmpSourceQuench = 4
	icmpRedirect     = 5
	icmpTimeExceeded = 11
)

// parseICMP reads an error that quotes a TCP packet: rules 9 to 11 of the package comment.
func parseICMP(d *datagram, r *Reply) bool {
	if len(d.payload) < icmpLen+ipv4Len {
		return false
	}
	icmpType, icmpCode := d.payload[0], d.payload[1]
	switch icmpType {
	case icmpUnreachable, icmpSourceQuench, icmpRedirect, icmpTimeExceeded:
	default:
		return false
	}
	quote := d.payload[icmpLen:]
	size := int(quote[0]&0x0f) * 4
	if quote[0]>>4 != 4 || size < ipv4Len || size+quoteLen > len(quote) || quote[9] != protocolTCP ||
		binary.BigEndian.Uint16(quote[6:8])&fragmentOffset != 0 {
		return false
	}
	r.start(ICMP, d)
	r.ICMPType, r.ICMPCode = icmpType, icmpCode
	r.Quoted.ID = binary.BigEndian.Uint16(quote[4:6])
	r.Quoted.Src = binary.BigEndian.Uint32(quote[12:16])
	r.Quoted.Dst = binary.BigEndian.Uint32(quote[16:20])
	tcp := (*[quoteLen]byte)(quote[size:])
	r.Quoted.SrcPort = binary.BigEndian.Uint16(tcp[0:2])
	r.Quoted.DstPort = binary.BigEndian.Uint16(tcp[2:4])
	r.Quoted.Seq = binary.BigEndian.Uint32(tcp[4:8])
	return true
}
