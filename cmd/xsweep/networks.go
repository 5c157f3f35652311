package main

import (
	"math/bits"
	"net/netip"

	"github.com/xsweep/xsweep/blocklist"
)

// maxNetworks is how many networks the metadata list. Of a longer list there is the name of its file.
const maxNetworks = 10_000

// networks cuts a set into as few prefixes as there can be. It is nil for a set that takes more than maxNetworks.
func networks(s *blocklist.Set) []netip.Prefix {
	if s == nil || s.NumRanges() > maxNetworks {
		return nil
	}
	var list []netip.Prefix
	for r := range s.Ranges() {
		for first, end := uint64(r.First), uint64(r.Last)+1; first < end; {
			free := min(bits.TrailingZeros64(first|1<<32), bits.Len64(end-first)-1) // the largest that begins here and fits
			list = append(list, netip.PrefixFrom(blocklist.ToAddr(uint32(first)), 32-free))
			first += 1 << free
		}
	}
	if len(list) > maxNetworks {
		return nil
	}
	return list
}
