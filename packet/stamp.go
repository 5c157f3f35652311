package packet

import "encoding/binary"

// HasTimestamp tells whether the frames carry a timestamp (RFC 7323), as those of the profiles linux and bsd do.
func (t *Template) HasTimestamp() bool { return t.stampAt > 0 }

// Stamped returns t with another timestamp, for templates that have one. Cookies are not touched by it, and a checksum
// takes as many additions as before.
func (t *Template) Stamped(tsVal uint32) Template {
	s := *t
	field := s.more[s.stampAt-ipv4Len-tcpLen-len(s.options):]
	s.tcpSum -= add(0, field[:4])
	binary.BigEndian.PutUint32(field, tsVal)
	s.tcpSum += add(0, field[:4])
	return s
}

// StampAll completes PatchAll of a template that was made by Stamped: it writes the timestamp into the first n frames,
// in which PatchAll has left that of the time before.
func (t *Template) StampAll(mem []byte, at []uint64, n int) {
	start := uint64(t.IPv4Offset() + t.stampAt)
	stamp := t.more[t.stampAt-ipv4Len-tcpLen-len(t.options):][:4]
	for _, offset := range at[:n] {
		copy(mem[offset+start:][:4], stamp)
	}
}

// findTimestamp returns where in the headers, from the IPv4 header on, the sender's timestamp is, or 0 without one. In
// all profiles it is after the first 8 bytes of the options, at an even place.
func findTimestamp(options []byte) int {
	for i := 0; i < len(options) && options[i] != optionEnd; {
		switch options[i] {
		case optionTimestamp:
			return ipv4Len + tcpLen + i + 2
		case optionNop:
			i++
		default:
			i += int(options[i+1])
		}
	}
	return 0
}
