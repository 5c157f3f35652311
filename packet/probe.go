package packet

// Probe is what differs from one probe to the next. Every value of every field is valid.
type Probe struct {
	Src, Dst         uint32 // IPv4 addresses, host order
	SrcPort, DstPort uint16
	Seq              uint32 // TCP sequence number
	ID               uint16 // IPv4 identification
}
