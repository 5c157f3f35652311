package lab

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// SNMP returns the counters of the host's TCP/IP stack as the kernel names them, with the group in front: IpInHdrErrors,
// TcpInCsumErrors, TcpExtListenDrops. Negative values, of which TcpMaxConn is one, are left out.
func (h *Host) SNMP() (map[string]uint64, error) {
	counters := make(map[string]uint64)
	err := h.Do(func() error {
		for _, name := range []string{"snmp", "netstat"} {
			if err := readSNMP(counters, "/proc/thread-self/net/"+name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read counters of %s: %w", h.name, err)
	}
	return counters, nil
}

func readSNMP(into map[string]uint64, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return parseSNMP(into, f)
}

// parseSNMP reads pairs of lines: the names of a group, then their values.
//
//	Ip: Forwarding DefaultTTL InReceives
//	Ip: 2 64 1023
func parseSNMP(into map[string]uint64, r io.Reader) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20) // netstat's lines are long
	for lines.Scan() {
		names := strings.Fields(lines.Text())
		if !lines.Scan() {
			break
		}
		values := strings.Fields(lines.Text())
		if len(names) == 0 || len(names) != len(values) || names[0] != values[0] {
			return fmt.Errorf("counters %q do not match names %q", values, names)
		}
		group := strings.TrimSuffix(names[0], ":")
		for i := 1; i < len(names); i++ {
			value, err := strconv.ParseUint(values[i], 10, 64)
			if err != nil {
				continue // negative
			}
			into[group+names[i]] = value
		}
	}
	return lines.Err()
}
