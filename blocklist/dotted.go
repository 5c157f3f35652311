package blocklist

// dotted reads the IPv4 address at the beginning of text, in the form that [netip.ParseAddr] takes: four numbers from
// 0 to 255, without leading zeros, with a dot between any two. rest is what follows it. Unlike ParseAddr it needs no
// string, so that a line costs no allocation.
func dotted(text []byte) (addr uint32, rest []byte, ok bool) {
	for field := range 4 {
		if field > 0 {
			if len(text) == 0 || text[0] != '.' {
				return 0, nil, false
			}
			text = text[1:]
		}
		n, digits := decimal(text, 3)
		if digits == 0 || n > 255 {
			return 0, nil, false
		}
		addr = addr<<8 | n
		text = text[digits:]
	}
	return addr, text, true
}

// decimal reads the number at the beginning of text, of which it looks at the first longest bytes, fewer than 10.
// digits is its length, and 0 where there is none or it has a leading zero.
func decimal(text []byte, longest int) (n uint32, digits int) {
	for digits < len(text) && digits < longest && text[digits]-'0' <= 9 {
		n = 10*n + uint32(text[digits]-'0')
		digits++
	}
	if digits > 1 && text[0] == '0' {
		return 0, 0
	}
	return n, digits
}

// plainEntry reads a line that is an address, a prefix or a range and a line end, with nothing around: what all but a
// few lines of a large list are. Lines for which ok is false, good or bad, are for the careful reader, [parse]; the two
// agree on those that both can read.
func plainEntry(line []byte) (r Range, ok bool) {
	first, rest, ok := dotted(line)
	if !ok {
		return Range{}, false
	}
	r = Range{First: first, Last: first}
	switch {
	case len(rest) == 0:
		return r, true
	case rest[0] == '/':
		bits, digits := decimal(rest[1:], 2)
		if digits == 0 || bits > 32 {
			return Range{}, false
		}
		r, rest = prefixRange(first, int(bits)), rest[1+digits:]
	case rest[0] == '-':
		if r.Last, rest, ok = dotted(rest[1:]); !ok || r.Last < first {
			return Range{}, false
		}
	}
	return r, isLineEnd(rest)
}

// isLineEnd reports whether text is the end of a line and nothing else.
func isLineEnd(text []byte) bool {
	switch len(text) {
	case 0:
		return true
	case 1:
		return text[0] == '\n'
	}
	return len(text) == 2 && text[0] == '\r' && text[1] == '\n'
}
