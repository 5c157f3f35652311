package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/xsweep/xsweep/internal/lab"
)

// experiment is a world and the rates at which it is scanned.
type experiment struct {
	name  string
	about string // for the help
	world lab.SimConfig

	rates []int // probes per second, 0 is as fast as it goes
	ports int   // how many are scanned

	// entrants, if not nil, says who takes part.
	entrants func(*contender) bool

	// repeat lets a tool of one port send as many probes to that as others send to all ports, in one run. Only where
	// nothing answers is that the same work.
	repeat bool

	// forged is how many forged SYN-ACKs the world sends for each hundred probes.
	forged int
}

// experiments are all there are. The keys only have to be something. The worlds tell the time by the kernel's tick, every
// few milliseconds, which leaves more of the machine to the tools.
func experiments() []experiment {
	return []experiment{
		{
			name:   "drop",
			about:  "the world counts and drops: the rate",
			world:  lab.SimConfig{Key: 1, Drop: true, CoarseClock: true},
			rates:  []int{0},
			ports:  16,
			repeat: true,
		},
		{
			name:  "answer",
			about: "1 % open, the rest silent: the rate, and what is found",
			world: lab.SimConfig{Key: 1, Open: 0.01, CoarseClock: true},
			rates: []int{0},
			ports: 16,
		},
		{
			name: "recall",
			about: "1 % open, 5 % closed, a tenth of the answers doubled, a forged SYN-ACK per hundred probes: what is found " +
				"at 100k, 300k, 1M and as fast as it goes",
			world:  lab.SimConfig{Key: 2, Open: 0.01, Closed: 0.05, Duplicate: 0.1, CoarseClock: true},
			rates:  []int{100_000, 300_000, 1_000_000, 0},
			ports:  4,
			forged: 1,
			// One sender less is one curve less to tell apart.
			entrants: func(c *contender) bool { return c.tool != "xsweep" || c.senders > 1 },
		},
	}
}

// choose yields the experiments named in a comma list.
func choose(names string) ([]experiment, error) {
	var chosen []experiment
	for name := range strings.SplitSeq(names, ",") {
		found := false
		for _, e := range experiments() {
			if e.name == name {
				chosen, found = append(chosen, e), true
			}
		}
		if !found {
			return nil, fmt.Errorf("no test is called %q: want drop, answer or recall", name)
		}
	}
	return chosen, nil
}

// takingPart are the contenders that an experiment is for.
func (e *experiment) takingPart(all []contender) []contender {
	var some []contender
	for i := range all {
		if e.entrants == nil || e.entrants(&all[i]) {
			some = append(some, all[i])
		}
	}
	return some
}

// timeLimit ends a scan that hangs: it allows a tenth of the rate that is asked for, and a rate of 50,000 pps for none.
func timeLimit(probes, ratePPS int, cooldown time.Duration) time.Duration {
	slowest := 50_000.0
	if ratePPS > 0 {
		slowest = min(slowest, float64(ratePPS)/10)
	}
	return 20*time.Second + cooldown + time.Duration(float64(probes)/slowest*float64(time.Second))
}
