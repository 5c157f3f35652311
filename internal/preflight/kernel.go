package preflight

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// version is that of the kernel, from its release: 6.18 of 6.18.4-arch1.
func (e *Env) version() (major, minor int) {
	// What does not parse is 0.0, which is too old for everything.
	_, _ = fmt.Sscanf(e.Release, "%d.%d", &major, &minor)
	return major, minor
}

func (e *Env) atLeast(major, minor int) bool {
	a, b := e.version()
	return a > major || a == major && b >= minor
}

func kernel(e *Env) []Finding {
	const name = "kernel"
	switch {
	case !e.atLeast(5, 10):
		return []Finding{fatalf(name, "", "Linux %s: 5.10 or newer is needed", e.Release)}
	case !e.atLeast(5, 18):
		return []Finding{warnf(name, "", "Linux %s: engine xdp needs 5.18", e.Release)}
	case !e.atLeast(6, 3):
		return []Finding{warnf(name, "", "Linux %s: before 6.3 a driver cannot be asked what it can do, and engine xdp is taken only by --engine xdp", e.Release)}
	case !e.atLeast(6, 17):
		return []Finding{okf(name, "Linux %s; from 6.17 on copy mode needs fewer system calls", e.Release)}
	}
	return []Finding{okf(name, "Linux %s", e.Release)}
}

// afXDP looks into the list of protocols, which has AF_XDP where the kernel has it.
func afXDP(e *Env) []Finding {
	const name = "af_xdp"
	text, err := e.text("proc/thread-self/net/protocols")
	if err != nil {
		return []Finding{unreadable(name, err)}
	}
	for line := range strings.Lines(text) {
		if words := strings.Fields(line); len(words) > 0 && words[0] == "XDP" {
			return []Finding{okf(name, "the kernel has AF_XDP sockets")}
		}
	}
	return []Finding{fatalf(name, "", "the kernel has no AF_XDP sockets: it was built without CONFIG_XDP_SOCKETS")}
}

// confidential tells whether kernel lockdown keeps BPF programs from reading the kernel's memory, which tracing needs.
func (e *Env) confidential() bool {
	mode, err := e.text("sys/kernel/security/lockdown")
	return err == nil && strings.Contains(mode, "[confidentiality]")
}

func bpfSupport(e *Env) (found []Finding) {
	const name = "bpf"
	if e.isWithout("sys/kernel/btf/vmlinux") {
		found = append(found, warnf(name, "", "no /sys/kernel/btf/vmlinux: engine xdp needs a kernel with CONFIG_DEBUG_INFO_BTF"))
	}
	if e.confidential() {
		found = append(found, warnf(name, "", "kernel lockdown is at confidentiality, which refuses the tracing programs of engine xdp"))
	}
	const jit = "proc/sys/net/core/bpf_jit_enable"
	on, err := e.number(jit)
	switch {
	case errors.Is(err, fs.ErrNotExist): // in a network namespace that is not the first
	case err != nil:
		found = append(found, unreadable(name, err))
	case on == 0:
		found = append(found, warnf(name, "sudo sysctl -w net.core.bpf_jit_enable=1", "programs are interpreted, which is several times slower than compiled"))
	}
	if found == nil {
		found = append(found, okf(name, "all that its programs need"))
	}
	return found
}

func landlock(e *Env) []Finding {
	const name = "landlock"
	if e.Landlock == 0 {
		return []Finding{okf(name, "the kernel has none: a scan runs without a fence around its files")}
	}
	return []Finding{okf(name, "version %d", e.Landlock)}
}

// isPrecise tells of a clock source whether it is read without a system call, on the machines that have it.
func isPrecise(source string) bool {
	switch source {
	case "tsc", "tsc-early", "kvm-clock", "hyperv_clocksource_tsc_page", "arch_sys_counter", "riscv_clocksource":
		return true
	}
	return false
}

func clock(e *Env) []Finding {
	const name, dir = "clock", "sys/devices/system/clocksource/clocksource0/"
	now, err := e.text(dir + "current_clocksource")
	if err != nil {
		return []Finding{unreadable(name, err)}
	}
	if isPrecise(now) {
		return []Finding{okf(name, "%s", now)}
	}
	fix := ""
	available, _ := e.text(dir + "available_clocksource") // without, there is no command to give
	if slices.Contains(strings.Fields(available), "tsc") {
		fix = "echo tsc | sudo tee /" + dir + "current_clocksource"
	}
	return []Finding{warnf(name, fix, "%s: each reading of the time is a system call, and a scan reads it often", now)}
}
