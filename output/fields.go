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

	get func(*Record) value
}

// Fields returns every field in ZMap's fixed order, which is also the order of the field list "*": first those of
// the IP header, then TCP, ICMP, and what the scanner itself knows. The slice is the caller's.
func Fields() []Field {
	return slices.Concat(ipFields(), tcpFields(), verdictFields(), icmpFields(), systemFields())
}

func ipFields() []Field {
	return []Field{
		{"saddr", "string", "address that answered; for icmp, the address that was probed",
			func(r *Record) value { return ipv4(r.Saddr) }},
		{"saddr_raw", "int", "saddr as the integer its four bytes make in little-endian order",
			func(r *Record) value { return number(bits.ReverseBytes32(r.Saddr)) }},
		{"daddr", "string", "address the answer was sent to: ours",
			func(r *Record) value { return ipv4(r.Daddr) }},
		{"daddr_raw", "int", "daddr as the integer its four bytes make in little-endian order",
			func(r *Record) value { return number(bits.ReverseBytes32(r.Daddr)) }},
		{"ipid", "int", "IP identification of the answer",
			func(r *Record) value { return number(r.IPID) }},
		{"ttl", "int", "time to live left in the answer",
			func(r *Record) value { return number(r.TTL) }},
	}
}

func tcpFields() []Field {
	return []Field{
		{"sport", "int", "TCP port that was probed",
			func(r *Record) value { return number(r.Sport) }},
		{"dport", "int", "TCP port the probe came from: ours",
			func(r *Record) value { return number(r.Dport) }},
		{"seqnum", "int", "TCP sequence number of the answer",
			func(r *Record) value { return ofTCP(r, true, number(r.Seqnum)) }},
		{"acknum", "int", "TCP acknowledgement number of the answer",
			func(r *Record) value { return ofTCP(r, true, number(r.Acknum)) }},
		{"window", "int", "TCP window of the answer, unscaled",
			func(r *Record) value { return ofTCP(r, true, number(r.Window)) }},
		{"tcpopt_mss", "int", "TCP option: maximum segment size",
			func(r *Record) value { return ofTCP(r, r.HasMSS, number(r.MSS)) }},
		{"tcpopt_wscale", "int", "TCP option: window scale, as the factor (2 to the power of the shift)",
			func(r *Record) value { return ofTCP(r, r.HasWScale, number(windowFactor(r.WScale))) }},
		{"tcpopt_sack_perm", "int", "TCP option: selective acknowledgement permitted (1)",
			func(r *Record) value { return ofTCP(r, r.HasSACKPerm, number(uint8(1))) }},
		{"tcpopt_ts_val", "int", "TCP option: timestamp value",
			func(r *Record) value { return ofTCP(r, r.HasTS, number(r.TSVal)) }},
		{"tcpopt_ts_ecr", "int", "TCP option: timestamp echo reply",
			func(r *Record) value { return ofTCP(r, r.HasTS, number(r.TSEcr)) }},
	}
}

func verdictFields() []Field {
	return []Field{
		{"classification", "string", "kind of answer: synack, rst or icmp",
			func(r *Record) value { return word(r.Class.String()) }},
		{"success", "bool", "whether the answer counts as a hit",
			func(r *Record) value { return truth(r.Success) }},
	}
}

func icmpFields() []Field {
	return []Field{
		{"icmp_responder", "string", "address the ICMP message came from",
			func(r *Record) value { return ofICMP(r, ipv4(r.ICMPResponder)) }},
		{"icmp_type", "int", "ICMP type",
			func(r *Record) value { return ofICMP(r, number(r.ICMPType)) }},
		{"icmp_code", "int", "ICMP code",
			func(r *Record) value { return ofICMP(r, number(r.ICMPCode)) }},
		{"icmp_unreach_str", "string", "meaning of icmp_code where icmp_type is 3",
			func(r *Record) value { return ofICMP(r, word(unreachable(r.ICMPCode))) }},
	}
}

func systemFields() []Field {
	return []Field{
		{"repeat", "bool", "whether the target had answered before",
			func(r *Record) value { return truth(r.Repeat) }},
		{"cooldown", "bool", "whether the answer came after the last probe was sent",
			func(r *Record) value { return truth(r.Cooldown) }},
		{"timestamp_str", "string", "time of arrival in ISO 8601, local zone, milliseconds",
			func(r *Record) value { return value{kind: instant, n: arrival(r)} }},
		{"timestamp_ts", "int", "time of arrival in whole seconds since the Unix epoch",
			func(r *Record) value { return number(arrival(r) / 1e9) }},
		{"timestamp_us", "int", "microseconds that passed since timestamp_ts",
			func(r *Record) value { return number(arrival(r) / 1e3 % 1e6) }},
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
