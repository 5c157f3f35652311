package blocklist

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// ErrIPv6 is the cause of a [ParseError] whose text is an IPv6 address, prefix or range.
var ErrIPv6 = errors.New("IPv6 is not supported yet; want IPv4")

var (
	errNotEntry = errors.New("want an IPv4 address, prefix or range, as 198.18.0.1, 198.18.0.0/15 or " +
		"198.18.0.1-198.18.0.9")
	errHostName     = fmt.Errorf("host names are not looked up; %w", errNotEntry)
	errPrefixLength = errors.New("prefix length must be 0 to 32")
	errLeadingZero  = errors.New("numbers must not begin with 0, which some programs take for octal")
)

// Parse reads an address ("198.18.0.1"), a prefix ("198.18.0.0/15") or a range of addresses, both ends included
// ("198.18.0.1-198.18.0.9"). A prefix may have host bits set: they are ignored, as ZMap does, so 198.18.3.4/16 is
// 198.18.0.0/16. Nothing is looked up in the DNS, and text must be the entry alone, with no blanks.
//
// The error is a [*ParseError] that quotes text and says what was expected.
func Parse(text string) (Range, error) {
	r, err := parse(text)
	if err != nil {
		return Range{}, &ParseError{Text: text, Err: err}
	}
	return r, nil
}

// parse is Parse with the bare cause as its error.
func parse(text string) (Range, error) {
	r, err := parseRange(text)
	if name, _, _ := strings.Cut(text, "/"); errors.Is(err, errNotEntry) && isHostName(name) {
		return Range{}, errHostName
	}
	return r, err
}

// parseRange is parse for text that is no host name, of which it does not know.
func parseRange(text string) (Range, error) {
	sep := strings.IndexAny(text, "/-")
	if sep < 0 {
		addr, err := parseAddr(text)
		if errors.Is(err, errNotEntry) {
			return Range{}, errNotEntry // the caller quotes text: once is enough
		}
		return Range{First: addr, Last: addr}, err
	}
	addr, err := parseAddr(text[:sep])
	if err != nil {
		return Range{}, err
	}
	rest := text[sep+1:]
	if text[sep] == '/' {
		bits, err := parsePrefixLength(rest)
		return prefixRange(addr, bits), err
	}
	last, err := parseAddr(rest)
	if err != nil {
		return Range{}, err
	}
	if last < addr {
		return Range{}, fmt.Errorf("range ends before it begins; want %s-%s", ToAddr(last), ToAddr(addr))
	}
	return Range{First: addr, Last: last}, nil
}

// parseAddr reads one dotted IPv4 address.
func parseAddr(text string) (uint32, error) {
	addr, err := netip.ParseAddr(text)
	switch {
	case err == nil && addr.Is4():
		v, _ := FromAddr(addr)
		return v, nil
	case err == nil:
		return 0, ErrIPv6
	case hasLeadingZero(text):
		return 0, fmt.Errorf("%s: %w", quote(text), errLeadingZero)
	}
	return 0, fmt.Errorf("%s is not an IPv4 address; %w", quote(text), errNotEntry)
}

// hasLeadingZero reports whether text is dotted numbers, of which one has a zero in front: 010.0.0.1 is 8.0.0.1 to
// inet_aton and 10.0.0.1 to a reader, and either guess could scan somebody who asked not to be scanned.
func hasLeadingZero(text string) bool {
	if strings.Trim(text, "0123456789.") != "" {
		return false
	}
	for number := range strings.SplitSeq(text, ".") {
		if len(number) > 1 && number[0] == '0' {
			return true
		}
	}
	return false
}

// parsePrefixLength reads what follows the slash. Netmasks ("/255.0.0.0") and signs are refused.
func parsePrefixLength(text string) (int, error) {
	bits, err := strconv.ParseUint(text, 10, 8)
	if err != nil || bits > 32 {
		return 0, errPrefixLength
	}
	return int(bits), nil
}
