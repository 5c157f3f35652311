package packet

import "fmt"

// Kind says what a Reply is. The zero Kind is none of them.
type Kind uint8

// The kinds of replies.
const (
	SYNACK Kind = iota + 1 // the port is open
	RST                    // the port is closed, or a connection was reset
	ICMP                   // a router or the host reports an error about a packet that it quotes
)

// String returns ZMap's classification: synack, rst or icmp.
func (k Kind) String() string {
	switch k {
	case SYNACK:
		return "synack"
	case RST:
		return "rst"
	case ICMP:
		return "icmp"
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// MaxOptions is the most options that a TCP header has room for: one byte each.
const MaxOptions = 40

// Reply is what Parse found in a frame. Addresses are in host order.
type Reply struct {
	Kind Kind
	TTL  uint8
	VLAN uint16 // ID of the outermost 802.1Q or 802.1ad tag, 0 without one or if the NIC has removed it
	ID   uint16 // IPv4 identification

	// Src and Dst are the addresses of the outermost IPv4 header: whoever answered, and us.
	Src, Dst uint32

	// Of a SYNACK or RST; 0 in an ICMP reply.
	SrcPort, DstPort uint16
	Seq, Ack         uint32
	Window           uint16 // as sent, not scaled
	Flags            uint8  // FlagFIN to FlagCWR

	// TCP options of a SYNACK or RST; 0 and false where there is none.
	WScale       uint8  // shift, as sent: RFC 7323 allows 14 at most, and nobody must obey
	MSS          uint16 // bytes
	HasMSS       bool
	HasWScale    bool
	SACKPerm     bool
	HasTimestamp bool
	TSVal, TSEcr uint32 // sender's timestamp and the one it echoes

	// The first NumOptions of OptionKinds are the kinds of all options of a SYNACK or RST in wire order, those without a
	// value included: a fingerprint of whoever sent them. The rest is 0.
	OptionKinds [MaxOptions]uint8
	NumOptions  uint8

	// Of an ICMP reply.
	ICMPType, ICMPCode uint8
	Quoted             Probe // the packet that the error is about, as it arrived where the error arose
}

// ResetProbe returns the Probe that, put into a NewReset template, resets the connection that the SYN-ACK r accepts.
// It means nothing for the other kinds: a RST is never answered with a RST.
func (r *Reply) ResetProbe() Probe {
	return Probe{Src: r.Dst, Dst: r.Src, SrcPort: r.DstPort, DstPort: r.SrcPort, Seq: r.Ack}
}
