package output

// appendDotted appends an IPv4 address, given in host order, in dotted form.
func appendDotted(dst []byte, addr uint32) []byte {
	dst = appendOctet(dst, uint8(addr>>24))
	dst = append(dst, '.')
	dst = appendOctet(dst, uint8(addr>>16))
	dst = append(dst, '.')
	dst = appendOctet(dst, uint8(addr>>8))
	dst = append(dst, '.')
	return appendOctet(dst, uint8(addr))
}

func appendOctet(dst []byte, n uint8) []byte {
	switch {
	case n >= 100:
		return append(dst, '0'+n/100, '0'+n/10%10, '0'+n%10)
	case n >= 10:
		return append(dst, '0'+n/10, '0'+n%10)
	}
	return append(dst, '0'+n)
}
