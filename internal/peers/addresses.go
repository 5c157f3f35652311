package main

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/xsweep/xsweep/blocklist"
	"github.com/xsweep/xsweep/internal/lab"
)

// addresses is how many each scan has: all that the lab has for it.
const addresses = lab.LastTarget - lab.FirstTarget + 1

// addrText writes an address in host byte order with dots.
func addrText(addr uint32) string { return blocklist.ToAddr(addr).String() }

func parseAddr(text string) (uint32, error) {
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return 0, err
	}
	if !addr.Is4() {
		return 0, fmt.Errorf("%q is not an IPv4 address", text)
	}
	v4, _ := blocklist.FromAddr(addr)
	return v4, nil
}

func parsePort(text string) (uint16, error) {
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return 0, fmt.Errorf("port %q: want 0 to 65535", text)
	}
	return uint16(port), nil
}

// portsText writes ports as all three tools read them.
func portsText(ports []uint16) string {
	texts := make([]string, len(ports))
	for i, port := range ports {
		texts[i] = strconv.Itoa(int(port))
	}
	return strings.Join(texts, ",")
}

// firstPorts are the ports from 1 to n.
func firstPorts(n int) []uint16 {
	ports := make([]uint16, n)
	for i := range ports {
		ports[i] = uint16(i + 1)
	}
	return ports
}

// parseInts reads a comma list of whole numbers that are not negative.
func parseInts(list string) ([]int, error) {
	var all []int
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return nil, fmt.Errorf("%q is not a whole number", text)
		}
		all = append(all, n)
	}
	return all, nil
}
