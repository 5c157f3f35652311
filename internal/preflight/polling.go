package preflight

import (
	"fmt"
	"time"
)

// longDeferral is how long answers may lie in the card before a ring of it is full at a million a second.
const longDeferral = time.Millisecond

// polling looks at the settings by which a driver is polled instead of interrupting. A scan leaves them alone.
func polling(e *Env) []Finding {
	const name = "napi"
	d := e.Device
	if !d.HasFiles {
		return []Finding{unknownf(name, "/sys shows another network namespace")}
	}
	dir := "sys/class/net/" + d.Name + "/"
	polls, err := e.number(dir + "napi_defer_hard_irqs")
	if err != nil {
		return []Finding{unreadable(name, err)}
	}
	ns, err := e.number(dir + "gro_flush_timeout")
	if err != nil {
		return []Finding{unreadable(name, err)}
	}
	threads := ""
	if on, err := e.number(dir + "threaded"); err == nil && on == 1 {
		threads = ", by threads of the kernel"
	}
	wait := time.Duration(ns)
	switch {
	case polls > 0 && wait >= longDeferral:
		fix := fmt.Sprintf("echo 0 | sudo tee /%snapi_defer_hard_irqs /%sgro_flush_timeout", dir, dir)
		return []Finding{warnf(name, fix, "interrupts wait for up to %v (napi_defer_hard_irqs %d, gro_flush_timeout): bursts of answers are dropped", wait, polls)}
	case polls > 0 && wait > 0:
		return []Finding{okf(name, "interrupts wait for up to %v%s", wait, threads)}
	}
	return []Finding{okf(name, "interrupts at once%s", threads)}
}
