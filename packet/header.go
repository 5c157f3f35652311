package packet

import "encoding/binary"

const (
	ethernetLen = 14 // destination, source, EtherType
	tagLen      = 4  // TCI, EtherType of what follows
	maxTags     = 2  // a service tag and a customer tag
	ipv4Len     = 20 // without options
	tcpLen      = 20 // without options
	icmpLen     = 8
	quoteLen    = 8 // of the quoted TCP header: ports and sequence number (RFC 792)

	typeIPv4     = 0x0800
	typeCustomer = 0x8100 // 802.1Q
	typeService  = 0x88a8 // 802.1ad

	protocolICMP = 1
	protocolTCP  = 6

	fragmentOffset = 0x1fff // of the flags and fragment offset field, in units of 8 bytes
	moreFragments  = 0x2000
)

// TCP flags, as in Reply.Flags.
const (
	FlagFIN = 1 << iota
	FlagSYN
	FlagRST
	FlagPSH
	FlagACK
	FlagURG
	FlagECE
	FlagCWR
)

// datagram is an IPv4 packet inside a frame; its slices point into the frame.
type datagram struct {
	vlan    uint16 // outermost tag's ID, 0 without one
	header  []byte // at least ipv4Len bytes, with the options
	payload []byte // ends where the total length or the frame does
	cut     bool   // the total length reaches beyond the frame
}

// find sets d to the unfragmented IPv4 packet that frame holds, and returns false if there is none: rules 1 to 4 of the
// package comment. It fills d in place because a struct of this size comes back from a function by way of the stack,
// in pieces that the processor cannot forward: that alone took longer than all else in Parse.
func (d *datagram) find(frame []byte) bool {
	vlan, ip, ok := findNetwork(frame)
	if !ok || len(ip) < ipv4Len || ip[0]>>4 != 4 {
		return false
	}
	size := int(ip[0]&0x0f) * 4
	total := int(binary.BigEndian.Uint16(ip[2:4]))
	fragment := binary.BigEndian.Uint16(ip[6:8])&(moreFragments|fragmentOffset) != 0
	end := min(total, len(ip))
	if size < ipv4Len || size > end || fragment {
		return false
	}
	d.vlan = vlan
	d.header = ip[:size]
	d.payload = ip[size:end]
	d.cut = total > len(ip)
	return true
}

// findNetwork skips the Ethernet header and its tags and returns what follows EtherType 0x0800.
func findNetwork(frame []byte) (vlan uint16, ip []byte, ok bool) {
	if len(frame) < ethernetLen {
		return 0, nil, false
	}
	next := binary.BigEndian.Uint16(frame[12:14])
	rest := frame[ethernetLen:]
	for tags := 0; next != typeIPv4; tags++ {
		if tags == maxTags || next != typeCustomer && next != typeService || len(rest) < tagLen {
			return 0, nil, false
		}
		if tags == 0 {
			vlan = binary.BigEndian.Uint16(rest[0:2]) & 0x0fff
		}
		next = binary.BigEndian.Uint16(rest[2:4])
		rest = rest[tagLen:]
	}
	return vlan, rest, true
}
