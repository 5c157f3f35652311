package packet

import "encoding/binary"

// MaxFrameLen is the room, in bytes, that Put needs in its buffer, whatever the template. The longest frame has 82; the
// rest makes buffers laid end to end start at half a cache line.
const MaxFrameLen = 96

// MinFrameLen is the length, in bytes, of the shortest frame of Ethernet, without the frame check sequence (IEEE 802.3).
const MinFrameLen = 60

const (
	ipv4Offset       = ethernetLen          // of the IPv4 header in an untagged frame
	taggedIPv4Offset = ethernetLen + tagLen // and in a tagged one
	maxTCPOptionsLen = 24                   // of the longest profile, bsd
	headersLen       = ipv4Len + tcpLen + maxTCPOptionsLen
)

// Template is a frame that lacks only a Probe's fields. It does not change after it is made, so any number of
// goroutines may use one.
//
// It is kept in the pieces in which Put writes it. The two headers, 40 bytes, are five 64-bit words, and no field that
// Put fills in straddles two of them. A word here has zeros in place of those fields, but ones in place of a checksum,
// so that XOR with the sum leaves the sum's complement there.
type Template struct {
	link    [24]byte // Ethernet header and tag; the rest is overwritten by the IPv4 header
	version uint64   // word 0: version to fragment offset, without the ID
	ttl     uint64   // word 1: TTL, protocol and checksum, without the source
	ack     uint64   // word 3: acknowledgment, without the sequence number (word 2 is all Probe's)
	offset  uint64   // word 4: data offset to urgent pointer, checksum included
	options [8]byte  // the first options, zeros after the last
	more    [16]byte // the rest
	long    bool     // there is a rest
	ipSum   uint64   // sum of the IPv4 header without Probe's fields, not folded
	tcpSum  uint64   // same of the TCP segment and the pseudo header
	stampAt int      // where in the headers the timestamp is; 0 without one
	size    int      // of the whole frame, in bytes
	tagged  bool
}

// Len returns the length of the frame in bytes, without the frame check sequence. It may be below
// MinFrameLen, to which a driver pads; Put leaves zeros there.
func (t *Template) Len() int { return t.size }

// WireLen returns how many bytes' time a frame takes on an Ethernet wire: with padding to the minimum, the frame check
// sequence (4), preamble and start delimiter (8) and the gap between frames (12).
func (t *Template) WireLen() int { return max(t.size, MinFrameLen) + 4 + 8 + 12 }

// Put writes the frame for p into the start of frame and returns the frame's length. It writes every byte of it, so
// what the buffer held does not matter, and nothing beyond MaxFrameLen. Like encoding/binary, Put panics if
// len(frame) < MaxFrameLen.
//
// The sums of all constant fields are known, so that a checksum is a few additions and one fold, and does not wait for
// an earlier frame's, as an incremental update (RFC 1624) does.
func (t *Template) Put(frame []byte, p *Probe) int {
	f := (*[MaxFrameLen]byte)(frame)
	h := (*[headersLen]byte)(f[ipv4Offset:])
	if t.tagged {
		h = (*[headersLen]byte)(f[taggedIPv4Offset:])
	}
	// Read all of p first: the compiler must assume that a store to frame changes it.
	src, dst := uint64(p.Src), uint64(p.Dst)
	ports := uint64(p.SrcPort)<<16 | uint64(p.DstPort)
	seq, id := uint64(p.Seq), uint64(p.ID)
	ipSum := foldHigh(t.ipSum + src + dst + id)
	tcpSum := foldHigh(t.tcpSum + src + dst + ports + seq)

	*(*[len(t.link)]byte)(f[:]) = t.link // before the words: it reaches into the first two
	binary.BigEndian.PutUint64(h[0:8], t.version|id<<16)
	binary.BigEndian.PutUint64(h[8:16], (t.ttl|src)^uint64(ipSum&upperHalf)<<16)
	binary.BigEndian.PutUint64(h[16:24], dst<<32|ports)
	binary.BigEndian.PutUint64(h[24:32], seq<<32|t.ack) // seq<<32 alone compiles to eight byte stores
	binary.BigEndian.PutUint64(h[32:40], t.offset^uint64(tcpSum&upperHalf))
	*(*[len(t.options)]byte)(h[40:]) = t.options
	if t.long { // if not, an untagged frame stays within the buffer's first cache line
		*(*[len(t.more)]byte)(h[48:]) = t.more
	}
	return t.size
}
