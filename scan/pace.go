package scan

import (
	"math"
	"sync/atomic"
)

// A pace is the rate that all senders share, 0 for no limit. Each looks at it once per batch.
type pace struct{ bits atomic.Uint64 } // of a float64

func (p *pace) set(rate float64) { p.bits.Store(math.Float64bits(max(rate, 0))) }

func (p *pace) rate() float64 { return math.Float64frombits(p.bits.Load()) }

// Rate is the number of probes per second that is aimed at; 0 is no limit.
func (s *Scan) Rate() float64 { return s.pace.rate() }

// SetRate has the scan go on at another rate; 0 is no limit. It may be called at any time from any goroutine. The number
// of senders stays, and with it what they can send.
func (s *Scan) SetRate(pps float64) { s.pace.set(pps) }
