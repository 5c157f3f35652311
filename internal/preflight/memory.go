package preflight

import (
	"fmt"
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

// spareMemory is what a scan takes besides, more or less.
const spareMemory = 64 << 20

// memory compares what is left with what a large scan takes. One that cannot remember all answers in its share goes on with a
// window of the last ones.
func memory(e *Env) []Finding {
	const name = "memory"
	free, inGroup, err := freemem.Available(e.Files)
	if err != nil {
		return []Finding{unreadable(name, err)}
	}
	left := bytes(free) + " left on the machine"
	if inGroup {
		left = bytes(free) + " left in the control group"
	}
	packets := uint64(scan.LockedMemory(e.prospect(), 0))
	if free < packets+spareMemory {
		return []Finding{warnf(name, "", "%s: packet memory takes %s at full rate, and less at a lower one", left, bytes(packets))}
	}
	const answers = manyAnswers * dedupBytes
	share := free / freemem.DedupShare
	if share >= answers {
		return []Finding{okf(name, "%s", left)}
	}
	fix := ""
	if free >= packets+spareMemory+answers {
		fix = fmt.Sprintf("xsweep --dedup-memory %dM", uint64(answers)>>20+1)
	}
	return []Finding{warnf(name, fix, "%s: the share for answers, %s, is full after some %d million, and then only the last ones are "+
		"remembered, so that others may be reported again; all of IPv4 has about %d million on one port",
		left, bytes(share), share/dedupBytes/1e6, uint64(manyAnswers/1e6))}
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
