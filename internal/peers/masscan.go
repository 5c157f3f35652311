package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/xsweep/xsweep/internal/lab"
)

const (
	// masscanNoLimit is a rate that masscan does not reach.
	masscanNoLimit = 100_000_000

	// masscanSource is the one port that masscan sends from, so that forged answers can be aimed at it.
	masscanSource = 40000
)

// masscans is masscan, which has one sending thread per interface.
func masscans(command string) []contender {
	return []contender{{
		name:        "masscan",
		tool:        "masscan",
		command:     command,
		senders:     1,
		versionFlag: "--version",
		factor:      1,
		needsPass:   true,
		sleeps:      true,
		firstSource: masscanSource, lastSource: masscanSource,
		args: masscanArgs,
		read: func(r io.Reader, _ uint16) ([]target, error) { return readMasscan(r) },
	}}
}

// masscanArgs does not look at repeats, which only tools of one port are asked for.
func masscanArgs(j job) []string {
	rate := j.ratePPS
	if rate == 0 {
		rate = masscanNoLimit
	}
	return []string{
		"--adapter", j.wire.ifname,
		"--adapter-ip", addrText(j.wire.addr),
		"--adapter-mac", j.wire.mac,
		"--router-mac", j.wire.routerMAC,
		"--source-port", strconv.Itoa(masscanSource),
		"--rate", strconv.Itoa(rate),
		"-p", portsText(j.ports),
		"--wait", seconds(j.cooldown),
		"-oL", j.output,
		addrText(lab.FirstTarget) + "-" + addrText(lab.LastTarget),
	}
}

// readMasscan reads lines such as "open tcp 443 198.18.7.1 1795294986" between two comments.
func readMasscan(r io.Reader) ([]target, error) {
	return eachLine(r, func(line string) (target, error) {
		if strings.HasPrefix(line, "#") {
			return target{}, errNoTarget
		}
		fields := strings.Fields(line)
		if len(fields) != 5 || fields[0] != "open" || fields[1] != "tcp" {
			return target{}, errors.New(`want "open tcp PORT ADDRESS TIME"`)
		}
		return parseTarget(fields[3], fields[2])
	})
}

func parseTarget(addrText, portText string) (target, error) {
	addr, err := parseAddr(addrText)
	if err != nil {
		return target{}, err
	}
	port, err := parsePort(portText)
	if err != nil {
		return target{}, fmt.Errorf("%s: %w", addrText, err)
	}
	return target{addr, port}, nil
}
