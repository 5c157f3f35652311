package redirect

import "fmt"

// Keys of the map of counters.
const (
	countMatched = iota
	countUnbound
	countPassed
	numCounters
)

// Counters tell what became of each frame that the device received since the program was attached. Every frame is counted
// once.
type Counters struct {
	Matched uint64 // redirected to a socket, or dropped if the action is that
	Unbound uint64 // matched on a queue without a socket: passed to the host's stack
	Passed  uint64 // did not match: passed to the host's stack
}

// Counters reads the sums over all CPUs. Frames that were redirected can still be lost at the socket when its RX ring
// is full: xsk.Queue.Stats tells. It takes microseconds: once a second is fine, once a frame is not.
func (p *Program) Counters() (Counters, error) {
	var sums [numCounters]uint64
	for key := range sums {
		var perCPU []uint64
		if err := p.counters.Lookup(uint32(key), &perCPU); err != nil {
			return Counters{}, fmt.Errorf("read counters of XDP program: %w", err)
		}
		for _, n := range perCPU {
			sums[key] += n
		}
	}
	return Counters{Matched: sums[countMatched], Unbound: sums[countUnbound], Passed: sums[countPassed]}, nil
}
