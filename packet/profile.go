package packet

import (
	"encoding/binary"
	"fmt"

	"github.com/google/gopacket/layers"
)

// Profile selects the TCP options of a SYN and their order, after the operating system whose look they borrow.
// Hosts answer a SYN with options slightly more often than a bare one. Only the options imitate: window, TTL and DF
// are the same in all profiles.
type Profile uint8

// The profiles. The zero Profile is SmallestProbes.
const (
	SmallestProbes Profile = iota // MSS only: 58 bytes, still the shortest frame on the wire
	Windows                       // 66 bytes
	Linux                         // 74 bytes, with timestamps
	BSD                           // 78 bytes, with timestamps
)

// profileNames are ZMap's names for the same options.
var profileNames = [...]string{
	SmallestProbes: "smallest-probes",
	Windows:        "windows",
	Linux:          "linux",
	BSD:            "bsd",
}

// ParseProfile returns the profile called name: smallest-probes, windows, linux or bsd.
func ParseProfile(name string) (Profile, error) {
	for i, n := range profileNames {
		if n == name {
			return Profile(i), nil
		}
	}
	return 0, fmt.Errorf("unknown option profile %q", name)
}

// String returns the name that ParseProfile takes.
func (p Profile) String() string {
	if int(p) < len(profileNames) {
		return profileNames[p]
	}
	return fmt.Sprintf("Profile(%d)", uint8(p))
}

// mss is what every profile announces: the payload of a 1500-byte Ethernet packet.
const mss = 1460

// options returns the profile's TCP options in wire order; the bytes are the same as ZMap's. tsVal is the sender's
// timestamp (RFC 7323), in whatever unit the caller keeps; the echoed one is 0, as in any SYN. The profile is valid.
func (p Profile) options(tsVal uint32) []layers.TCPOption {
	size := option(layers.TCPOptionKindMSS, mss>>8, mss&0xff)
	sack := option(layers.TCPOptionKindSACKPermitted)
	stamp := option(layers.TCPOptionKindTimestamps, binary.BigEndian.AppendUint32(nil, tsVal)...)
	stamp.OptionData = append(stamp.OptionData, 0, 0, 0, 0)
	nop := option(layers.TCPOptionKindNop)
	end := option(layers.TCPOptionKindEndList)

	switch p {
	case Windows:
		return []layers.TCPOption{size, nop, windowScale(8), nop, nop, sack}
	case Linux:
		return []layers.TCPOption{size, sack, stamp, nop, windowScale(7)}
	case BSD:
		return []layers.TCPOption{size, nop, windowScale(6), nop, nop, stamp, sack, end, end}
	default:
		return []layers.TCPOption{size}
	}
}

func windowScale(shift byte) layers.TCPOption {
	return option(layers.TCPOptionKindWindowScale, shift)
}

// option leaves the length byte to the serializer.
func option(kind layers.TCPOptionKind, data ...byte) layers.TCPOption {
	return layers.TCPOption{OptionType: kind, OptionData: data}
}
