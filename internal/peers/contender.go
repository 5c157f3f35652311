package main

import (
	"io"
	"time"

	"github.com/xsweep/xsweep/internal/lab"
)

// contender is a tool with the settings that it is measured with.
type contender struct {
	name    string // of this file, records and tables: "zmap -T 2"
	tool    string // whose version is printed: "zmap"
	command string // what is run: a name on the PATH, or a path
	senders int    // sending threads

	// versionFlag makes the tool print its version.
	versionFlag string

	// onePort says that the tool scans one port per run, so that a scan of several is several runs.
	onePort bool

	// factor is how many times the ports of others it scans at full speed, so that the scan takes long enough to be timed.
	factor int

	// needsPass says that the tool attaches no XDP program of its own, without which veth delivers no answers.
	needsPass bool

	// sleeps says that the tool does not end where nothing arrives.
	sleeps bool

	// firstSource and lastSource are the tool's source ports.
	firstSource, lastSource uint16

	// args is the command line for a scan.
	args func(job) []string

	// read yields the rows of a result file; port is the one that was scanned, if it was one.
	read func(r io.Reader, port uint16) ([]target, error)
}

// job is one run of a tool.
type job struct {
	wire     wire
	ports    []uint16 // one for a contender that is onePort
	ratePPS  int      // probes per second; 0 is as fast as the tool goes
	repeats  int      // probes per target, back to back; at least 1
	senders  int
	cooldown time.Duration // whole seconds
	output   string        // result file
	empty    string        // a file with nothing in it, for a tool that reads its options from one
	leaveOut string        // a file with the addresses of the network that are not to be scanned
}

// wire is what a tool has to know of the lab.
type wire struct {
	ifname         string
	addr           uint32 // the scanner's
	mac, routerMAC string
}

func wireOf(l *lab.Lab) wire {
	return wire{
		ifname: l.Scanner.Interface(), addr: l.Scanner.Addr(),
		mac: l.Scanner.MAC().String(), routerMAC: l.World.MAC().String(),
	}
}

// target is an address, in host byte order, and a port.
type target struct {
	addr uint32
	port uint16
}
