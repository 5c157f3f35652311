package output

// Class is the kind of an answer, the field classification.
type Class uint8

// The classes of answers.
const (
	SYNACK Class = iota // the port accepts connections
	RST                 // the host refuses connections to the port
	ICMP                // a router or the host reports that the probe went no further
)

// String returns ZMap's word for the class: synack, rst or icmp.
func (c Class) String() string {
	switch c {
	case SYNACK:
		return "synack"
	case RST:
		return "rst"
	case ICMP:
		return "icmp"
	}
	return "unknown"
}

// MaxOptions is the most options that a TCP header has room for.
const MaxOptions = 40

// Record is one validated answer. It holds no pointers, so that records can be kept in rings and copied freely.
//
// Addresses are IPv4 in host order by value: 1.2.3.4 is 0x01020304. Whoever fills in a Record clears it first:
// a stale option flag would show up as an option of this answer.
type Record struct {
	Time int64 // arrival, nanoseconds since the Unix epoch; a negative Time is written as 0
	RTT  int64 // nanoseconds from probe to answer, 0 or less where that is not known; not used for ICMP

	Saddr uint32 // the target: source of a TCP answer; for ICMP, the address that was probed
	Daddr uint32 // our address, where the answer arrived

	Seqnum uint32 // TCP sequence number of the answer; not used for ICMP
	Acknum uint32 // TCP acknowledgement number; not used for ICMP
	TSVal  uint32 // TCP timestamp value, if HasTS
	TSEcr  uint32 // TCP timestamp echo reply, if HasTS

	ICMPResponder uint32 // who sent the ICMP message; ICMP only, as are the type and code below

	IPID   uint16 // IPv4 identification of the answer, as are TTL and Window
	Sport  uint16 // the probed port, also for ICMP
	Dport  uint16 // our source port, also for ICMP
	Window uint16 // TCP window as it is on the wire, unscaled; not used for ICMP
	MSS    uint16 // TCP maximum segment size, if HasMSS
	VLAN   uint16 // ID of the answer's VLAN tag, 0 without one

	TTL      uint8
	WScale   uint8 // TCP window scale as it is on the wire: the shift n, if HasWScale; written as 2^n
	ICMPType uint8
	ICMPCode uint8

	Class Class

	// OptionKinds is, if HasOptionKinds, the kinds of the first NumOptions TCP options as they are on the wire, in order.
	OptionKinds [MaxOptions]uint8
	NumOptions  uint8

	HasOptionKinds bool // somebody wants them: they make the field ja4ts of a SYN-ACK, which is null without

	HasMSS      bool
	HasWScale   bool
	HasSACKPerm bool // the option has no value: its field is 1 or null
	HasTS       bool // one option gives both TSVal and TSEcr

	Success  bool // the answer counts as a hit: true for SYNACK only
	Repeat   bool // the same target has answered before
	Cooldown bool // arrived after the last probe was sent
}

// decoy tells whether r looks like the answer of a SYN proxy, which accepts connections for hosts that may not exist:
// a SYN-ACK with window 0 and no TCP options.
func (r *Record) decoy() bool {
	return r.Class == SYNACK && r.Window == 0 && !r.HasMSS && !r.HasWScale && !r.HasSACKPerm && !r.HasTS
}
