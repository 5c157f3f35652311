package main

import "strconv"

// appendAddr appends an address in dotted form. Some commands print thousands of millions of them.
func appendAddr(dst []byte, addr uint32) []byte {
	for shift := 24; shift > 0; shift -= 8 {
		dst = append(appendNumber(dst, addr>>shift&0xff), '.')
	}
	return appendNumber(dst, addr&0xff)
}

func appendNumber(dst []byte, n uint32) []byte { return strconv.AppendUint(dst, uint64(n), 10) }
