package preflight

import (
	"fmt"
	"slices"

	"github.com/xsweep/xsweep/scan"
)

// Status is how much a finding matters.
type Status string

// The statuses.
const (
	OK      Status = "ok"
	Warning Status = "warning" // a scan works, but not as it could
	Fatal   Status = "fatal"   // no scan will work
	Unknown Status = "unknown" // the kernel does not tell, or not without a privilege
)

// Finding is one thing that was looked at.
type Finding struct {
	Name   string `json:"name"` // the same in all versions: docs/check.md lists them
	Status Status `json:"status"`
	Text   string `json:"text"`          // one line
	Fix    string `json:"fix,omitempty"` // a command that mends it, or shows who has to; "" where there is none
}

func okf(name, format string, args ...any) Finding {
	return Finding{Name: name, Status: OK, Text: fmt.Sprintf(format, args...)}
}

func warnf(name, fix, format string, args ...any) Finding {
	return Finding{name, Warning, fmt.Sprintf(format, args...), fix}
}

func fatalf(name, fix, format string, args ...any) Finding {
	return Finding{name, Fatal, fmt.Sprintf(format, args...), fix}
}

func unknownf(name, format string, args ...any) Finding {
	return Finding{Name: name, Status: Unknown, Text: fmt.Sprintf(format, args...)}
}

// Report is all that was found.
type Report struct {
	Interface string    `json:"interface"` // "" if there is none to look at
	Ready     bool      `json:"ready"`     // nothing is fatal
	Engine    string    `json:"engine"`    // that --engine auto is expected to take at full rate; "" if that is not known
	Findings  []Finding `json:"findings"`
}

// Named are the findings with this status, by their names, in order.
func (r *Report) Named(s Status) (names []string) {
	for _, f := range r.Findings {
		if f.Status == s && !slices.Contains(names, f.Name) {
			names = append(names, f.Name)
		}
	}
	return names
}

// A check looks at one thing. It returns nothing where there is nothing to say.
type check func(*Env) []Finding

// machineChecks are about the machine and the process, interfaceChecks about the interface, wayChecks about what is behind it.
func machineChecks() []check {
	return []check{kernel, afXDP, bpfSupport, capabilities, userNamespace, seccomp, lockedMemory, openFiles, cores, cpuQuota,
		governor, clock, memory, landlock, connectionTracking, forwarding, reversePath}
}

func interfaceChecks() []check {
	return []check{link, device, driver, program, sockets, zeroCopy, queues, rss, rings, mtu, offloads, polling, interrupts,
		numaNode, allowances}
}

// Check judges what is known.
func Check(e *Env) Report {
	r := Report{Interface: e.interfaceName(), Ready: true}
	checks := machineChecks()
	switch {
	case e.Device == nil:
	case e.Device.isEthernet():
		checks = append(checks, interfaceChecks()...)
	default:
		checks = append(checks, link) // nothing else matters then
	}
	for _, c := range append(checks, way) {
		r.Findings = append(r.Findings, c(e)...)
	}
	for _, f := range r.Findings {
		r.Ready = r.Ready && f.Status != Fatal
	}
	if e.Device != nil && e.Device.isEthernet() {
		engine, f := expectEngine(e)
		r.Findings = append(r.Findings, f)
		if r.Ready {
			r.Engine = engine.String()
		}
	}
	return r
}

// expectEngine is what auto takes without a limit of rate, and what below.
func expectEngine(e *Env) (scan.Engine, Finding) {
	p := e.prospect()
	engine, why := scan.ExpectEngine(p, 0)
	slow, _ := scan.ExpectEngine(p, scan.CopyModeRate)
	switch {
	case engine != slow:
		return engine, okf("engine", "%v (%s); %v, in copy mode, up to %.0f packets per second", engine, why, slow,
			float64(scan.CopyModeRate))
	case p.ZeroCopy:
		return engine, okf("engine", "%v (%s)", engine, why)
	}
	return engine, okf("engine", "%v, in copy mode (%s)", engine, why)
}
