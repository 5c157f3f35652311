package main

import (
	"fmt"
	"strconv"
	"strings"
)

// parsePorts reads a list such as "80,443,8000-8010"; "*" is every port from 0 to 65535.
func parsePorts(text string) ([]uint16, error) {
	if strings.TrimSpace(text) == "*" {
		return appendPorts(nil, 0, 65535), nil
	}
	var ports []uint16
	for item := range strings.SplitSeq(text, ",") {
		first, last, err := parsePortRange(item)
		if err != nil {
			return nil, err
		}
		ports = appendPorts(ports, first, last)
	}
	return ports, nil
}

func appendPorts(ports []uint16, first, last uint16) []uint16 {
	for p := int(first); p <= int(last); p++ {
		ports = append(ports, uint16(p))
	}
	return ports
}

// parsePortRange reads "80" or "8000-8010".
func parsePortRange(text string) (first, last uint16, err error) {
	a, b, isRange := strings.Cut(strings.TrimSpace(text), "-")
	if isRange && (a == "" || b == "") {
		return 0, 0, fmt.Errorf("port range %q has one end, such as 8000-8010 has two", text)
	}
	if first, err = parsePort(a); err != nil {
		return 0, 0, err
	}
	if !isRange {
		return first, first, nil
	}
	if last, err = parsePort(b); err != nil {
		return 0, 0, err
	}
	if last < first {
		return 0, 0, fmt.Errorf("port range %q ends before it begins", text)
	}
	return first, last, nil
}

func parsePort(text string) (uint16, error) {
	text = strings.TrimSpace(text)
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return 0, fmt.Errorf("port %q is not a number from 0 to 65535", text)
	}
	return uint16(n), nil
}
