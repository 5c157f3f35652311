package output

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// jsonRow appends r as one line with one JSON object. Fields that are null are left out, as in ZMap.
func (w *Writer) jsonRow(dst []byte, r *Record) []byte {
	start := len(dst)
	for i := range w.columns {
		if v := w.columns[i].get(r); v.kind != null {
			dst = append(dst, w.columns[i].jsonKey...)
			dst = w.jsonValue(dst, v, r)
		}
	}
	if len(dst) == start {
		return append(dst, "{}\n"...)
	}
	dst[start] = '{' // instead of the comma that the first key begins with
	return append(dst, '}', '\n')
}

func (w *Writer) jsonValue(dst []byte, v value, r *Record) []byte {
	switch v.kind {
	case integer:
		return strconv.AppendUint(dst, v.n, 10)
	case boolean:
		return strconv.AppendBool(dst, v.n != 0)
	case text:
		return appendJSONText(dst, v.s)
	case address:
		dst = append(dst, '"')
		dst = appendDotted(dst, uint32(v.n))
		return append(dst, '"')
	case instant:
		dst = append(dst, '"')
		dst = w.clock.append(dst, v.n)
		return append(dst, '"')
	case millis:
		dst = append(dst, '"')
		dst = appendMillis(dst, v.n)
		return append(dst, '"')
	case fingerprint:
		dst = append(dst, '"')
		dst = r.appendJA4(dst)
		return append(dst, '"')
	}
	return append(dst, "null"...)
}

// appendJSONText appends s as a JSON string (RFC 8259 section 7). Bytes that are not UTF-8 become U+FFFD, one for
// each run of them, because a JSON text has to be UTF-8.
func appendJSONText(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	dst = append(dst, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}
