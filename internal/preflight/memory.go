package preflight

import (
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/internal/freemem"
	"github.com/xsweep/xsweep/scan"
)

// dedupBytes is what remembering an answer takes, at most (scan.DedupFull), and manyAnswers are those of a scan of one port
// of all of IPv4 where 2 % answer.
const (
	dedupBytes  = 16
	manyAnswers = 75e6
)

func memory(e *Env) []Finding {
	const name = "memory"
	free, inGroup, err := freemem.Available(e.Files)
	if err != nil {
		return []Finding{unreadable(name, err)}
	}
	where := "on the machine"
	if inGroup {
		where = "in the control group"
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
