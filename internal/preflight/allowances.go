package preflight

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Counters of what a cloud's network dropped because the machine had more than its share, as AWS ENA has them:
// bw_in, bw_out, pps, conntrack and linklocal, each with this behind it.
const exceeded = "_allowance_exceeded"

func allowances(e *Env) []Finding {
	const name = "allowances"
	d := e.Device
	if errors.Is(d.Statistics.err, errors.ErrUnsupported) {
		return nil
	}
	if d.Statistics.err != nil {
		return []Finding{unreadable(name, d.Statistics.err)}
	}
	var over []string
	known := false
	for counter, n := range d.Statistics.it {
		kind, ok := strings.CutSuffix(counter, exceeded)
		known = known || ok
		if ok && n > 0 {
			over = append(over, fmt.Sprintf("%s %d", kind, n))
		}
	}
	slices.Sort(over)
	switch {
	case !known:
		return nil
	case over == nil:
		return []Finding{okf(name, "none exceeded since the card was started")}
	}
	hint := ""
	if slices.ContainsFunc(over, func(s string) bool { return strings.HasPrefix(s, "conntrack ") }) {
		hint = "; connections are not tracked if the security groups let all TCP in and out"
	}
	return []Finding{warnf(name, "ethtool -S "+d.Name+" | grep "+exceeded,
		"packets dropped or delayed outside since the card was started: %s; scan at a lower rate or from a larger instance%s", strings.Join(over, ", "), hint)}
}
