package main

import (
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"

	"github.com/xsweep/xsweep/internal/lab"
)

// xsweeps are our own contenders: each engine that the binary has, with one and with two senders.
func xsweeps(command string) []contender {
	var all []contender
	for _, engine := range []struct {
		name   string
		factor int
	}{{"xsk", 1}, {"xdp", 4}} {
		if !hasEngine(command, engine.name) {
			continue
		}
		for _, senders := range []int{1, 2} {
			all = append(all, contender{
				name:        fmt.Sprintf("xsweep --engine %s -T %d", engine.name, senders),
				tool:        "xsweep",
				command:     command,
				senders:     senders,
				versionFlag: "--version",
				factor:      engine.factor,
				firstSource: 32768, lastSource: 61000,
				args: func(j job) []string { return xsweepArgs(j, engine.name) },
				read: func(r io.Reader, _ uint16) ([]target, error) { return readXsweep(r) },
			})
		}
	}
	return all
}

// hasEngine asks the binary itself, by a dry run, which sends nothing.
func hasEngine(command, engine string) bool {
	dry := exec.Command(command, "--dryrun", "--allow-special", "--engine", engine, "-p", "80", "-n", "1", addrText(lab.FirstTarget))
	return dry.Run() == nil
}

func xsweepArgs(j job, engine string) []string {
	return []string{
		"-i", j.wire.ifname,
		"--engine", engine,
		"-T", strconv.Itoa(j.senders),
		"-r", strconv.Itoa(j.ratePPS), // 0 has the same meaning there
		"-P", strconv.Itoa(j.repeats),
		"-p", portsText(j.ports),
		"-c", seconds(j.cooldown),
		"-C", j.empty,
		"-f", "saddr,sport", "--no-header-row", "--output-filter", "success = 1 && repeat = 0",
		"-o", j.output,
		"--allow-special", "-q",
		addrText(lab.FirstTarget) + "-" + addrText(lab.LastTarget),
	}
}

// readXsweep reads lines such as "198.18.7.1,443".
func readXsweep(r io.Reader) ([]target, error) {
	return eachLine(r, func(line string) (target, error) {
		addrPart, portPart, _ := strings.Cut(line, ",")
		return parseTarget(addrPart, portPart)
	})
}
