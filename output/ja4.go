package output

import "strconv"

// JA4 returns the fingerprint that r is as a TCP segment: of a SYN-ACK its JA4TS, of a Record filled in from a SYN its
// JA4T. The format is FoxIO's, four parts that are decimal, and 00 where a header does not have them:
//
//	window _ option kinds in order - all of them _ MSS _ window scale, as the shift
//
// such as 65160_2-4-8-1-3_1460_7, and 1024_00_00_00 without options.
func (r *Record) JA4() string { return string(r.appendJA4(nil)) }

// appendJA4 does not allocate where dst has room for longestValue.
func (r *Record) appendJA4(dst []byte) []byte {
	dst = strconv.AppendUint(dst, uint64(r.Window), 10)
	dst = append(dst, '_')
	if r.NumOptions == 0 {
		dst = append(dst, "00_"...)
	}
	for i := range min(r.NumOptions, MaxOptions) {
		dst = strconv.AppendUint(dst, uint64(r.OptionKinds[i]), 10)
		dst = append(dst, '-')
	}
	dst[len(dst)-1] = '_' // instead of the last dash
	dst = appendIfThere(dst, r.HasMSS, r.MSS)
	dst = append(dst, '_')
	return appendIfThere(dst, r.HasWScale, uint16(r.WScale))
}

func appendIfThere(dst []byte, has bool, n uint16) []byte {
	if !has {
		return append(dst, "00"...)
	}
	return strconv.AppendUint(dst, uint64(n), 10)
}
