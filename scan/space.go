package scan

import (
	"errors"
	"math/bits"

	"github.com/xsweep/xsweep/blocklist"
)

// Space is the dense range of targets 0..Len-1: every allowed address with every port. It does not change: any number
// of goroutines may use it.
type Space struct {
	addrs      *blocklist.Set
	ports      []uint16
	n          uint64
	reciprocal uint64 // ceil(2^64 / ports), or 0 for one port
	isPort     bitmap // the ports again
}

// NewSpace joins addresses and ports; ports that are listed twice count once.
func NewSpace(addrs *blocklist.Set, ports []uint16) (*Space, error) {
	ports, set := distinct(ports)
	if len(ports) == 0 {
		return nil, errors.New("no target ports")
	}
	s := &Space{addrs: addrs, ports: ports, n: addrs.Len() * uint64(len(ports)), isPort: set}
	if len(ports) > 1 {
		s.reciprocal = ^uint64(0)/uint64(len(ports)) + 1
	}
	return s, nil
}

// Len is the number of targets, at most MaxTargets.
func (s *Space) Len() uint64 { return s.n }

// At returns target i, for i < Len. Neighbouring indices are the ports of one address.
func (s *Space) At(i uint64) (addr uint32, port uint16) {
	if s.reciprocal == 0 {
		return s.addrs.At(i), s.ports[0]
	}
	// i / ports by multiplication: exact because i < 2^48 and ports <= 2^16, so that the reciprocal's error of less
	// than ports/2^64 adds up to less than 1/ports.
	quotient, _ := bits.Mul64(i, s.reciprocal)
	return s.addrs.At(quotient), s.ports[i-quotient*uint64(len(s.ports))]
}

// Contains tells whether the target is in the space.
func (s *Space) Contains(addr uint32, port uint16) bool {
	return s.isPort[port/64]>>(port%64)&1 == 1 && s.addrs.Contains(addr)
}

// bitmap is a set of ports.
type bitmap [1 << 16 / 64]uint64

// distinct returns ports without repetitions, in their order, and as a set.
func distinct(ports []uint16) ([]uint16, bitmap) {
	var seen bitmap
	kept := make([]uint16, 0, len(ports))
	for _, p := range ports {
		if seen[p/64]>>(p%64)&1 == 0 {
			seen[p/64] |= 1 << (p % 64)
			kept = append(kept, p)
		}
	}
	return kept, seen
}
