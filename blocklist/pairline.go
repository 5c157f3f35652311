package blocklist

import (
	"bytes"
	"errors"
	"net/netip"
)

var (
	errNotPair = errors.New("want a target and its port, as 198.18.0.1:80, 198.18.0.1,80 or " +
		`{"saddr":"198.18.0.1","sport":80}`)
	errPort     = errors.New("want a port from 0 to 65535 behind the target, as 198.18.0.1:80 or 198.18.0.1,80")
	errPairHost = errors.New("host names are not looked up; want an IPv4 address before the port")
	errPairAddr = errors.New("want one IPv4 address before the port, as 198.18.0.1:80 or 198.18.0.1,80")
)

// plainPair reads a line that is an address and a port, with a colon or a comma between, and a line end: what all but a
// few lines of a large list are. Lines for which ok is false, good or bad, are for splitPair; the two agree on those
// that both can read.
func plainPair(line []byte) (addr uint32, port uint16, ok bool) {
	addr, rest, ok := dotted(line)
	if !ok || len(rest) == 0 || rest[0] != ':' && rest[0] != ',' {
		return 0, 0, false
	}
	port, rest, ok = leadingPort(rest[1:])
	return addr, port, ok && isLineEnd(rest)
}

// leadingPort reads the port at the beginning of text; rest is what follows it.
func leadingPort(text []byte) (port uint16, rest []byte, ok bool) {
	n, digits := decimal(text, 5)
	return uint16(n), text[digits:], digits > 0 && n < 1<<portBits
}

// splitPair takes a trimmed line without comment apart. What name is, an address or a host, it does not look into but
// for IPv6, in which colons say something else.
func splitPair(text []byte) (name string, port uint16, err error) {
	if text[0] == '{' {
		return splitJSONPair(text)
	}
	before, behind, err := halves(text)
	if err != nil {
		return "", 0, err
	}
	if isIPv6(string(before)) {
		return "", 0, ErrIPv6
	}
	port, rest, ok := leadingPort(behind)
	if !ok || len(rest) > 0 {
		return "", 0, errPort
	}
	return string(before), port, nil
}

// halves returns what is before and behind the comma or colon of a pair. It is a comma if there is one in the first word
// or at its end, so that a remark behind the pair may have commas; then the port ends at the next.
func halves(text []byte) (before, behind []byte, err error) {
	if end := bytes.IndexAny(text, ","+blanks); end >= 0 && text[end] == ',' {
		behind, _, _ = bytes.Cut(text[end+1:], []byte(","))
		behind, _ = firstWord(bytes.Trim(behind, blanks))
		return text[:end], behind, nil
	}
	word, _ := firstWord(text)
	colon := bytes.LastIndexByte(word, ':')
	switch {
	case colon < 0:
		return nil, nil, errNotPair
	case isIPv6(string(word)):
		return nil, nil, ErrIPv6
	}
	return word[:colon], word[colon+1:], nil
}

// isIPv6 reports whether text is an IPv6 address, with or without brackets.
func isIPv6(text string) bool {
	if len(text) > 1 && text[0] == '[' && text[len(text)-1] == ']' {
		text = text[1 : len(text)-1]
	}
	addr, err := netip.ParseAddr(text)
	return err == nil && !addr.Is4()
}

// isPairHeader reports whether the first line of a list is that of a CSV file with the columns that splitPair reads.
func isPairHeader(text []byte) bool {
	name, rest, _ := bytes.Cut(text, []byte(","))
	port, _, _ := bytes.Cut(rest, []byte(","))
	return (string(name) == "ip" || string(name) == "saddr") && (string(port) == "port" || string(port) == "sport")
}
