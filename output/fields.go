package output

import (
	"math/bits"
	"slices"
)

// Field is one column that a Record can be asked for. Fields come from the functions of this package; a Field
// made by hand is refused by NewWriter.
type Field struct {
	Name string // as in ZMap: saddr, tcpopt_mss, ...
	Type string // string, int or bool: what ZMap's list of fields and its filter call the type
	Desc string // one line for that list

	kind   kind                                // of every value that is not null
	get    func(*Record) value                 // the value in a row
	ofScan func(*ScanInfo) func(*Record) value // makes get, where the value comes from the scan
}

func field(name string, k kind, desc string, get func(*Record) value) Field {
	return Field{Name: name, Type: k.typeName(), Desc: desc, kind: k, get: get}
}

// Fields returns every field, which is also what the field list "*" stands for: first ZMap's in its fixed order, those
// of the IP header, then TCP, ICMP, round trip and fingerprints, and what the scanner itself knows; then those that ZMap does not have. The slice is
// the caller's.
func Fields() []Field {
	return slices.Concat(ipFields(), tcpFields(), verdictFields(), icmpFields(), timingFields(), fingerprintFields(),
		systemFields(), ownFields())
}

func ipFields() []Field {
	return []Field{
		field("saddr", address, "address that answered; for icmp, the address that was probed",
			func(r *Record) value { return ipv4(r.Saddr) }),
		field("saddr_raw", integer, "saddr as the integer its four bytes make in little-endian order",
			func(r *Record) value { return number(bits.ReverseBytes32(r.Saddr)) }),
		field("daddr", address, "address the answer was sent to: ours",
			func(r *Record) value { return ipv4(r.Daddr) }),
		field("daddr_raw", integer, "daddr as the integer its four bytes make in little-endian order",
			func(r *Record) value { return number(bits.ReverseBytes32(r.Daddr)) }),
		field("ipid", integer, "IP identification of the answer",
			func(r *Record) value { return number(r.IPID) }),
		field("ttl", integer, "time to live left in the answer",
			func(r *Record) value { return number(r.TTL) }),
	}
}

func tcpFields() []Field {
	return []Field{
		field("sport", integer, "TCP port that was probed",
			func(r *Record) value { return number(r.Sport) }),
		field("dport", integer, "TCP port the probe came from: ours",
			func(r *Record) value { return number(r.Dport) }),
		field("seqnum", integer, "TCP sequence number of the answer",
			func(r *Record) value { return ofTCP(r, true, number(r.Seqnum)) }),
		field("acknum", integer, "TCP acknowledgement number of the answer",
			func(r *Record) value { return ofTCP(r, true, number(r.Acknum)) }),
		field("window", integer, "TCP window of the answer, unscaled",
			func(r *Record) value { return ofTCP(r, true, number(r.Window)) }),
		field("tcpopt_mss", integer, "TCP option: maximum segment size",
			func(r *Record) value { return ofTCP(r, r.HasMSS, number(r.MSS)) }),
		field("tcpopt_wscale", integer, "TCP option: window scale, as the factor (2 to the power of the shift)",
			func(r *Record) value { return ofTCP(r, r.HasWScale, number(windowFactor(r.WScale))) }),
		field("tcpopt_sack_perm", integer, "TCP option: selective acknowledgement permitted (1)",
			func(r *Record) value { return ofTCP(r, r.HasSACKPerm, number(uint8(1))) }),
		field("tcpopt_ts_val", integer, "TCP option: timestamp value",
			func(r *Record) value { return ofTCP(r, r.HasTS, number(r.TSVal)) }),
		field("tcpopt_ts_ecr", integer, "TCP option: timestamp echo reply",
			func(r *Record) value { return ofTCP(r, r.HasTS, number(r.TSEcr)) }),
	}
}

func verdictFields() []Field {
	return []Field{
		field("classification", text, "kind of answer: synack, rst or icmp",
			func(r *Record) value { return word(r.Class.String()) }),
		field("success", boolean, "whether the answer counts as a hit",
			func(r *Record) value { return truth(r.Success) }),
	}
}

func icmpFields() []Field {
	return []Field{
		field("icmp_responder", address, "address the ICMP message came from",
			func(r *Record) value { return ofICMP(r, ipv4(r.ICMPResponder)) }),
		field("icmp_type", integer, "ICMP type",
			func(r *Record) value { return ofICMP(r, number(r.ICMPType)) }),
		field("icmp_code", integer, "ICMP code",
			func(r *Record) value { return ofICMP(r, number(r.ICMPCode)) }),
		field("icmp_unreach_str", text, "meaning of icmp_code where icmp_type is 3",
			func(r *Record) value { return ofICMP(r, word(unreachable(r.ICMPCode))) }),
	}
}

func timingFields() []Field {
	return []Field{
		field("rtt", millis, "milliseconds from probe to answer, with one decimal",
			func(r *Record) value { return ofTCP(r, r.RTT > 0, value{kind: millis, n: uint64(r.RTT)}) }),
	}
}

func fingerprintFields() []Field {
	return []Field{
		field("ja4ts", fingerprint, "JA4TS, a SYN-ACK as a fingerprint: window, kinds of TCP options, MSS, window scale",
			func(r *Record) value {
				return ofTCP(r, r.Class == SYNACK && r.HasOptionKinds, value{kind: fingerprint})
			}),
		{Name: "ja4t", Type: text.typeName(), Desc: "JA4T, the same of the SYN that was sent: equal in every TCP answer of a scan",
			kind: text, get: unbound, ofScan: func(s *ScanInfo) func(*Record) value {
				v := ifKnown(s.JA4T != "", word(s.JA4T))
				return func(r *Record) value { return ofTCP(r, true, v) }
			}},
	}
}

func systemFields() []Field {
	return []Field{
		field("repeat", boolean, "whether the target had answered before",
			func(r *Record) value { return truth(r.Repeat) }),
		field("cooldown", boolean, "whether the answer came after the last probe was sent",
			func(r *Record) value { return truth(r.Cooldown) }),
		field("timestamp_str", instant, "time of arrival in ISO 8601, local zone, milliseconds",
			func(r *Record) value { return value{kind: instant, n: arrival(r)} }),
		field("timestamp_ts", integer, "time of arrival in whole seconds since the Unix epoch",
			func(r *Record) value { return number(arrival(r) / 1e9) }),
		field("timestamp_us", integer, "microseconds that passed since timestamp_ts",
			func(r *Record) value { return number(arrival(r) / 1e3 % 1e6) }),
	}
}

// ofTCP is v for a TCP answer that has it, else null.
func ofTCP(r *Record, has bool, v value) value {
	if r.Class == ICMP || !has {
		return value{}
	}
	return v
}

// ofICMP is v for an ICMP answer, else null.
func ofICMP(r *Record, v value) value {
	if r.Class != ICMP {
		return value{}
	}
	return v
}

// windowFactor is 2 to the power of shift. RFC 7323 allows shifts up to 14, but any byte may come. The shift is
// shown as it came, being a fingerprint, up to 62: beyond that, the factor would not fit the signed 64 bits that
// readers of ZMap's rows expect.
func windowFactor(shift uint8) uint64 { return 1 << min(shift, 62) }

// arrival is the time of r in nanoseconds since the epoch.
func arrival(r *Record) uint64 { return uint64(max(r.Time, 0)) }
