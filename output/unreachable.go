package output

// unreachable returns ZMap's text for a code of ICMP destination unreachable (RFC 792, RFC 1122 section 3.2.2.1,
// RFC 1812 section 5.2.7.1). The spelling is ZMap's throughout, because people match on these strings.
func unreachable(code uint8) string {
	if int(code) < len(unreachableTexts) {
		return unreachableTexts[code]
	}
	return "unknown"
}

var unreachableTexts = [...]string{
	0:  "network unreachable",
	1:  "host unreachable",
	2:  "protocol unreachable",
	3:  "port unreachable",
	4:  "fragments required",
	5:  "source route failed",
	6:  "network unknown",
	7:  "host unknown",
	8:  "source host isolated",
	9:  "network admin. prohibited",
	10: "host admin. prohibited",
	11: "network unreachable TOS",
	12: "host unreachable TOS",
	13: "communication admin. prohibited",
	14: "host presdence violation", // sic
	15: "precedence cutoff",
}
