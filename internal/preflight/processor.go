package preflight

import (
	"strconv"
	"strings"

	"github.com/xsweep/xsweep/internal/sysfile"
)

func cores(e *Env) []Finding {
	const name = "cores"
	smt := ""
	if on, err := e.number("sys/devices/system/cpu/smt/active"); err == nil && on == 1 {
		smt = ", of which two at a time share a physical one (SMT)"
	}
	if len(e.Cores) < 2 {
		return []Finding{warnf(name, "", "one core: what sends takes it from what receives; answers may be lost above some 100,000 packets per second")}
	}
	return []Finding{okf(name, "%d%s", len(e.Cores), smt)}
}

// governor looks at the first core for all. What schedules the frequency itself (intel_pstate, amd-pstate-epp) calls its
// normal way powersave.
func governor(e *Env) []Finding {
	const name, dir = "governor", "sys/devices/system/cpu/cpu0/cpufreq/"
	g, err := e.text(dir + "scaling_governor")
	if err != nil {
		return nil // a virtual machine, mostly: the host decides
	}
	by, _ := e.text(dir + "scaling_driver")
	active := by == "intel_pstate" || by == "amd-pstate-epp"
	if g == "powersave" && !active {
		return []Finding{warnf(name, "sudo cpupower frequency-set -g performance", "powersave: the cores run at their lowest frequency")}
	}
	return []Finding{okf(name, "%s", g)}
}

// quota is how many cores' worth of time the process may have, 0 for no limit, and the file that says so.
func (e *Env) quota() (cores float64, file string) {
	take := func(from, limit, period string) {
		l, err1 := strconv.ParseFloat(limit, 64) // "max" is no number, and no limit
		p, err2 := strconv.ParseFloat(period, 64)
		if err1 == nil && err2 == nil && l > 0 && p > 0 && (cores == 0 || l/p < cores) {
			cores, file = l/p, "/"+from
		}
	}
	v1, v2 := sysfile.Groups(e.Files, "cpu")
	for _, dir := range v2 {
		if text, err := e.text(dir + "/cpu.max"); err == nil {
			limit, period, _ := strings.Cut(text, " ")
			take(dir+"/cpu.max", limit, period)
		}
	}
	for _, dir := range v1 {
		limit, _ := e.text(dir + "/cpu.cfs_quota_us") // -1 is no limit
		period, _ := e.text(dir + "/cpu.cfs_period_us")
		take(dir+"/cpu.cfs_quota_us", limit, period)
	}
	return cores, file
}

func cpuQuota(e *Env) []Finding {
	const name = "cpu_quota"
	q, file := e.quota()
	if q == 0 || q >= float64(len(e.Cores)) {
		return nil
	}
	return []Finding{warnf(name, "cat "+file,
		"a control group gives %.1f of %d cores: when that is used up all threads stop, and answers are lost", q, len(e.Cores))}
}
