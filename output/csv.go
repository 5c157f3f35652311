package output

import "strconv"

// csvRow appends r as one CSV line. A row whose only field is null is an empty line, as in ZMap.
func (w *Writer) csvRow(dst []byte, r *Record) []byte {
	for i := range w.columns {
		dst = w.csvValue(dst, w.columns[i].get(r), r)
		dst = append(dst, ',')
	}
	dst[len(dst)-1] = '\n' // the last comma; NewWriter saw to it that there is a column
	return dst
}

func (w *Writer) csvValue(dst []byte, v value, r *Record) []byte {
	switch v.kind {
	case integer:
		return strconv.AppendUint(dst, v.n, 10)
	case boolean:
		return append(dst, '0'+byte(v.n))
	case text:
		return appendCSVText(dst, v.s)
	case address:
		return appendDotted(dst, uint32(v.n))
	case instant:
		return w.clock.append(dst, v.n)
	case millis:
		return appendMillis(dst, v.n)
	case fingerprint:
		return r.appendJA4(dst)
	}
	return dst // null
}

// csvHeader appends the line with the names of the columns.
func (w *Writer) csvHeader(dst []byte) []byte {
	for i := range w.columns {
		dst = appendCSVText(dst, w.columns[i].name)
		dst = append(dst, ',')
	}
	dst[len(dst)-1] = '\n'
	return dst
}

// appendCSVText appends s, in quotes where RFC 4180 wants them. ZMap quotes for a comma only and leaves inner
// quotes alone, which no reader can undo; rows that it gets right are the same here.
func appendCSVText(dst []byte, s string) []byte {
	if !needsQuotes(s) {
		return append(dst, s...)
	}
	dst = append(dst, '"')
	for i := range len(s) {
		if s[i] == '"' {
			dst = append(dst, '"')
		}
		dst = append(dst, s[i])
	}
	return append(dst, '"')
}

func needsQuotes(s string) bool {
	for i := range len(s) {
		switch s[i] {
		case ',', '"', '\r', '\n':
			return true
		}
	}
	return false
}
