package main

import (
	"fmt"
	"io"
	"strconv"

	"github.com/xsweep/xsweep/internal/lab"
)

// zmapNoLimit is a rate that ZMap never waits for. Its own word for no limit, 0, makes newer versions send packet by packet
// from one thread.
const zmapNoLimit = 100_000_000

// zmaps are ZMap with one and with two sending threads: with fewer cores than that, one is faster.
func zmaps(command string) []contender {
	var all []contender
	for _, senders := range []int{1, 2} {
		all = append(all, contender{
			name:        fmt.Sprintf("zmap -T %d", senders),
			tool:        "zmap",
			command:     command,
			senders:     senders,
			versionFlag: "--version",
			factor:      1,
			onePort:     true, // before version 4
			needsPass:   true,
			firstSource: 32768, lastSource: 61000,
			args: zmapArgs,
			read: readZMap,
		})
	}
	return all
}

// zmapArgs has options that versions 2 to 4 share, by their short names where the long ones have changed.
func zmapArgs(j job) []string {
	rate := j.ratePPS
	if rate == 0 {
		rate = zmapNoLimit
	}
	return []string{
		"-C", j.empty, // not what the machine has under /etc
		"-b", j.leaveOut, // nor the blocklist there, which has the lab's network
		"-i", j.wire.ifname,
		"-S", addrText(j.wire.addr),
		"-G", j.wire.routerMAC,
		"-s", "32768-61000",
		"-T", strconv.Itoa(j.senders),
		"-r", strconv.Itoa(rate),
		"-P", strconv.Itoa(j.repeats),
		"-p", portsText(j.ports),
		"-c", seconds(j.cooldown),
		"-o", j.output,
		"--max-sendto-failures", "1000000000", // version 2.1.1 may else end at the first
		"--disable-syslog", "-q",
		lab.Network().String(),
	}
}

// readZMap reads lines with an address each.
func readZMap(r io.Reader, port uint16) ([]target, error) {
	return eachLine(r, func(line string) (target, error) {
		addr, err := parseAddr(line)
		return target{addr, port}, err
	})
}
