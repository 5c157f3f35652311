package preflight

import (
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/scan"
)

// dedupBytes is what remembering an answer takes, at most (scan.DedupFull), and manyAnswers are those of a scan of one port
// of all of IPv4 where 2 % answer.
const (
	dedupBytes  = 16
	manyAnswers = 75e6
)

// available is how much memory the process may take: what the machine has left, or its control groups.
func (e *Env) available() (bytes uint64, where string, err error) {
	text, err := e.text("proc/meminfo")
	if err != nil {
		return 0, "", err
	}
	kib, err := strconv.ParseUint(strings.TrimSuffix(field(text, "MemAvailable"), " kB"), 10, 64)
	if err != nil {
		return 0, "", fmt.Errorf("/proc/meminfo does not tell MemAvailable")
	}
	bytes, where = kib<<10, "on the machine"
	limit := func(dir, most, used, cache string) {
		m, err1 := e.number(dir + most) // "max" is no number, and no limit
		u, err2 := e.number(dir + used)
		if err1 != nil || err2 != nil {
			return
		}
		if free := uint64(max(0, m-u+e.cached(dir, cache))); free < bytes {
			bytes, where = free, "in the control group"
		}
	}
	for _, dir := range e.cgroupOf("") {
		limit(dir, "/memory.max", "/memory.current", "inactive_file")
	}
	for _, dir := range e.cgroupOf("memory") {
		limit(dir, "/memory.limit_in_bytes", "/memory.usage_in_bytes", "total_inactive_file")
	}
	return bytes, where, nil
}

// cached is what a control group uses to remember files, and gives back when it is needed.
func (e *Env) cached(dir, name string) int {
	text, _ := e.text(dir + "/memory.stat") // without, nothing is given back
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			n, _ := strconv.Atoi(strings.TrimSpace(value))
			return n
		}
	}
	return 0
}

func memory(e *Env) []Finding {
	const name = "memory"
	free, where, err := e.available()
	if err != nil {
		return []Finding{unreadable(name, err)}
	}
	packets := uint64(scan.LockedMemory(e.prospect(), 0))
	const answers = manyAnswers * dedupBytes
	if free < packets+64<<20 {
		return []Finding{warnf(name, "", "%s left %s: packet memory takes %s at full rate", bytes(free), where, bytes(packets))}
	}
	if free < packets+answers {
		return []Finding{warnf(name, "xsweep --dedup-method window", "%s left %s: remembering the answers of a scan of all of IPv4 may take %s",
			bytes(free), where, bytes(answers))}
	}
	return []Finding{okf(name, "%s left %s", bytes(free), where)}
}

// bytes writes a size: 64 KiB, 36.5 MiB, 23 GiB.
func bytes(n uint64) string {
	v, unit := float64(n), "bytes"
	for _, u := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if v < 1024 {
			break
		}
		v, unit = v/1024, u
	}
	return strconv.FormatFloat(float64(int(v*10))/10, 'f', -1, 64) + " " + unit
}

func limitText(n uint64) string {
	if n == unix.RLIM_INFINITY {
		return "any size"
	}
	return bytes(n)
}

func countText(n uint64) string {
	if n == unix.RLIM_INFINITY {
		return "any number"
	}
	return strconv.FormatUint(n, 10)
}
