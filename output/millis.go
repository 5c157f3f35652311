package output

import "strconv"

// appendMillis appends ns nanoseconds in milliseconds with one decimal, as ZMap writes an rtt. What is finer is cut,
// not rounded, as there.
func appendMillis(dst []byte, ns uint64) []byte {
	tenths := ns / 1e5
	dst = strconv.AppendUint(dst, tenths/10, 10)
	return append(dst, '.', '0'+byte(tenths%10))
}
