package blocklist

import "net/netip"

// Special is one entry of the IANA IPv4 Special-Purpose Address Registry.
type Special struct {
	Range    Range
	Name     string // as in the registry
	RFC      string // the defining document, as "RFC 5737" or "RFC 6890, section 2.1"
	Global   bool   // "Globally Reachable" is true in the registry
	Excluded bool   // in SpecialSet: scans leave the addresses out
}

// SpecialPurpose returns the registry as of 2025-10-09, with the multicast block of the IANA Multicast Address Space
// Registry added, in ascending order, wide entries before narrow ones inside them:
// https://www.iana.org/assignments/iana-ipv4-special-registry
//
// # What scans leave out
//
// Excluded are all addresses that the registry does not call globally reachable: no stranger's host can be there, so a
// probe is waste at best, and at worst arrives at a machine of one's own network. This is the list that ZMap installs.
// The less obvious cases:
//
//   - 192.0.0.0/24 is excluded whole, though 192.0.0.9 and 192.0.0.10 are globally reachable. They are anycast
//     addresses at which a host finds the port control or relay server of its own provider: an answer says nothing
//     about the Internet.
//   - 192.88.99.0/24 is excluded, though deprecated and thus without attributes. What answers there is a forgotten
//     6to4 relay, the nearest one, and not a host.
//   - 192.31.196.0/24 and 192.175.48.0/24 (AS112) and 192.52.193.0/24 (AMT) are not excluded. They are globally
//     reachable, routed as any network is, and served by hosts that are there to be reached.
func SpecialPurpose() []Special {
	return []Special{
		excluded("0.0.0.0/8", "\"This network\"", "RFC 791, section 3.2"),
		excluded("0.0.0.0/32", "\"This host on this network\"", "RFC 1122, section 3.2.1.3"),
		excluded("10.0.0.0/8", "Private-Use", "RFC 1918"),
		excluded("100.64.0.0/10", "Shared Address Space", "RFC 6598"),
		excluded("127.0.0.0/8", "Loopback", "RFC 1122, section 3.2.1.3"),
		excluded("169.254.0.0/16", "Link Local", "RFC 3927"),
		excluded("172.16.0.0/12", "Private-Use", "RFC 1918"),
		excluded("192.0.0.0/24", "IETF Protocol Assignments", "RFC 6890, section 2.1"),
		excluded("192.0.0.0/29", "IPv4 Service Continuity Prefix", "RFC 7335"),
		excluded("192.0.0.8/32", "IPv4 dummy address", "RFC 7600"),
		global("192.0.0.9/32", "Port Control Protocol Anycast", "RFC 7723", true),
		global("192.0.0.10/32", "Traversal Using Relays around NAT Anycast", "RFC 8155", true),
		excluded("192.0.0.170/32", "NAT64/DNS64 Discovery", "RFC 8880, RFC 7050, section 2.2"),
		excluded("192.0.0.171/32", "NAT64/DNS64 Discovery", "RFC 8880, RFC 7050, section 2.2"),
		excluded("192.0.2.0/24", "Documentation (TEST-NET-1)", "RFC 5737"),
		global("192.31.196.0/24", "AS112-v4", "RFC 7535", false),
		global("192.52.193.0/24", "AMT", "RFC 7450", false),
		excluded("192.88.99.0/24", "Deprecated (6to4 Relay Anycast)", "RFC 7526"),
		excluded("192.88.99.2/32", "6a44-relay anycast address", "RFC 6751"),
		excluded("192.168.0.0/16", "Private-Use", "RFC 1918"),
		global("192.175.48.0/24", "Direct Delegation AS112 Service", "RFC 7534", false),
		excluded("198.18.0.0/15", "Benchmarking", "RFC 2544"),
		excluded("198.51.100.0/24", "Documentation (TEST-NET-2)", "RFC 5737"),
		excluded("203.0.113.0/24", "Documentation (TEST-NET-3)", "RFC 5737"),
		excluded("224.0.0.0/4", "Multicast", "RFC 5771"),
		excluded("240.0.0.0/4", "Reserved", "RFC 1112, section 4"),
		excluded("255.255.255.255/32", "Limited Broadcast", "RFC 8190, RFC 919, section 7"),
	}
}

// SpecialSet returns the special-purpose addresses that scans leave out: the Excluded entries of [SpecialPurpose].
func SpecialSet() *Set {
	var ranges []Range
	for _, entry := range SpecialPurpose() {
		if entry.Excluded {
			ranges = append(ranges, entry.Range)
		}
	}
	return New(ranges...)
}

// SpecialFor returns the narrowest entry of [SpecialPurpose] that addr is in; ok is false where there is none. The
// entry may be one that scans do not leave out: look at Excluded. It is meant for messages, not for the packet path.
func SpecialFor(addr uint32) (entry Special, ok bool) {
	for _, e := range SpecialPurpose() {
		if e.Range.Contains(addr) {
			entry, ok = e, true // in the order of the table the last one that matches is the narrowest
		}
	}
	return entry, ok
}

// excluded returns an entry that is not globally reachable.
func excluded(prefix, name, rfc string) Special {
	return Special{Range: constantRange(prefix), Name: name, RFC: rfc, Excluded: true}
}

// global returns an entry that is globally reachable.
func global(prefix, name, rfc string, isExcluded bool) Special {
	return Special{Range: constantRange(prefix), Name: name, RFC: rfc, Global: true, Excluded: isExcluded}
}

// constantRange reads a prefix that stands in this file.
func constantRange(prefix string) Range {
	p := netip.MustParsePrefix(prefix)
	addr, _ := FromAddr(p.Addr())
	return prefixRange(addr, p.Bits())
}
