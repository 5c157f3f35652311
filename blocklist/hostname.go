package blocklist

import "strings"

// isHostName reports whether text is a host name by RFC 1123, section 2.1, and so may be looked up: labels of up to 63
// letters, digits and hyphens, 253 in all, with at least one letter. Underscores, which real names have, and a dot at
// the end are accepted.
//
// What looks more like a mistyped address than like a name is none: looking it up would scan, or spare, whatever a
// wildcard record says. So a name of several labels must end as top-level domains do, in a label of two characters or
// more that begins with a letter (198.18.0.x does not), and none begins with an address and a hyphen.
func isHostName(text string) bool {
	name := strings.TrimSuffix(text, ".")
	if len(name) > 253 || !hasLetter(name) {
		return false
	}
	if _, rest, ok := dotted([]byte(name)); ok && rest[0] == '-' {
		return false
	}
	last, labels := "", 0
	for last = range strings.SplitSeq(name, ".") {
		if !isLabel(last) {
			return false
		}
		labels++
	}
	return labels == 1 || len(last) > 1 && isLetter(last[0])
}

// isLabel reports whether text may stand between two dots of a host name.
func isLabel(text string) bool {
	if len(text) == 0 || len(text) > 63 || text[0] == '-' || text[len(text)-1] == '-' {
		return false
	}
	for i := range len(text) {
		if c := text[i]; !isLetter(c) && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

func hasLetter(text string) bool {
	for i := range len(text) {
		if isLetter(text[i]) {
			return true
		}
	}
	return false
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
