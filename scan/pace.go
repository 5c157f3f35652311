package scan

import (
	"math"
	"sync/atomic"
)

// A pace is the rate that all senders share, 0 for no limit. Each looks at it once per batch. It is what was asked for,
// or less while it is eased.
type pace struct {
	asked atomic.Uint64 // bits of a float64
	limit atomic.Uint64 // likewise; 0 while it is not eased
}

func (p *pace) set(rate float64) { p.asked.Store(math.Float64bits(max(rate, 0))) }

// wanted is the rate that was asked for.
func (p *pace) wanted() float64 { return math.Float64frombits(p.asked.Load()) }

// limited is the limit that it is eased to, 0 for none.
func (p *pace) limited() float64 { return math.Float64frombits(p.limit.Load()) }

func (p *pace) rate() float64 {
	asked, limit := p.wanted(), p.limited()
	if limit > 0 && (asked == 0 || limit < asked) {
		return limit
	}
	return asked
}

// ease sets a limit besides what was asked for, and returns the one before, 0 for none.
func (p *pace) ease(limit float64) (was float64) {
	return math.Float64frombits(p.limit.Swap(math.Float64bits(limit)))
}

func (p *pace) eased() bool { return p.limit.Load() != 0 }

// beyondAny is a rate that no device reaches, in packets per second: ten times that of 800 Gbit/s.
const beyondAny = 1e10

// recover raises the limit by a factor, and lifts it where it does not matter any more.
func (p *pace) recover(factor float64) {
	limit := factor * p.limited()
	if asked := p.wanted(); asked > 0 && limit >= asked || limit >= beyondAny {
		limit = 0
	}
	p.limit.Store(math.Float64bits(limit))
}

// Rate is the number of probes per second that is aimed at; 0 is no limit.
func (s *Scan) Rate() float64 { return s.pace.wanted() }

// SetRate has the scan go on at another rate; 0 is no limit. It may be called at any time from any goroutine. The number
// of senders stays, and with it what they can send.
func (s *Scan) SetRate(pps float64) { s.pace.set(pps) }
