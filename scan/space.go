package scan

import (
	"errors"
	"math/bits"

	"github.com/xsweep/xsweep/blocklist"
)

// Space is the dense range of targets 0..Len-1: every allowed address with every port, or the pairs of a list. It does
// not change: any number of goroutines may use it.
type Space struct {
	pairs *blocklist.Pairs // where not nil, these are the targets and the rest is empty

	addrs      *blocklist.Set
	ports      []uint16 // ascending
	reciprocal uint64   // ceil(2^64 / ports), or 0 for one port
	isPort     bitmap   // the ports again
}

// NewSpace joins addresses and ports. Ports that are listed twice count once, and their order does not matter: equal
// sets give equal spaces, on every machine.
func NewSpace(addrs *blocklist.Set, ports []uint16) (*Space, error) {
	if len(ports) == 0 {
		return nil, errors.New("no target ports")
	}
	s := &Space{addrs: addrs, isPort: bitmapOf(ports)}
	s.ports = s.isPort.ports()
	if len(s.ports) > 1 {
		s.reciprocal = ^uint64(0)/uint64(len(s.ports)) + 1
	}
	return s, nil
}

// NewListSpace is the space of listed targets.
func NewListSpace(pairs *blocklist.Pairs) *Space { return &Space{pairs: pairs} }

// Len is the number of targets, at most MaxTargets.
func (s *Space) Len() uint64 {
	if s.pairs != nil {
		return s.pairs.Len()
	}
	return s.addrs.Len() * uint64(len(s.ports))
}

// At returns target i, for i < Len. Neighbouring indices are the ports of one address. It is the way of a batch for one
// target: a generator takes both halves apart.
func (s *Space) At(i uint64) (addr uint32, port uint16) {
	var messages [1]uint64
	indices := [1]uint64{i}
	s.split(messages[:], indices[:])
	s.resolve(messages[:], indices[:])
	return targetOf(messages[0])
}

// split is the first half for a batch: it turns indices into those of addresses, or leaves them those of listed
// targets, and stores the ports, where they are known by then, in messages, which is as long.
func (s *Space) split(messages, indices []uint64) {
	messages = messages[:len(indices)]
	switch {
	case s.pairs != nil:
	case s.reciprocal == 0:
		port := message(0, s.ports[0])
		for j := range messages {
			messages[j] = port
		}
	default:
		// i / ports by multiplication: exact because i < 2^48 and ports <= 2^16, so that the reciprocal's error of less
		// than ports/2^64 adds up to less than 1/ports.
		for j, i := range indices {
			quotient, _ := bits.Mul64(i, s.reciprocal)
			messages[j] = message(0, s.ports[i-quotient*uint64(len(s.ports))])
			indices[j] = quotient
		}
	}
}

// prefetch has the memory bring what resolve will read for indices that have been split.
func (s *Space) prefetch(indices []uint64) {
	if s.pairs != nil {
		s.pairs.Prefetch(indices)
	} else {
		s.addrs.Prefetch(indices)
	}
}

// resolve is the second half: it completes the messages of at most blockSize indices that have been split.
func (s *Space) resolve(messages, indices []uint64) {
	messages = messages[:len(indices)]
	if s.pairs != nil {
		s.pairs.AtBatch(messages, indices)
		for j, key := range messages {
			messages[j] = message(uint32(key>>16), uint16(key))
		}
		return
	}
	var addrs [blockSize]uint32
	s.addrs.AtBatch(addrs[:], indices)
	for j := range messages {
		messages[j] |= uint64(addrs[j])
	}
}

// Contains tells whether the target is in the space.
func (s *Space) Contains(addr uint32, port uint16) bool {
	if s.pairs != nil {
		return s.pairs.Contains(addr, port)
	}
	return s.isPort.has(port) && s.addrs.Contains(addr)
}

// bitmap is a set of ports.
type bitmap [1 << 16 / 64]uint64

func bitmapOf(ports []uint16) (b bitmap) {
	for _, p := range ports {
		b[p/64] |= 1 << (p % 64)
	}
	return b
}

func (b *bitmap) has(p uint16) bool { return b[p/64]>>(p%64)&1 == 1 }

// ports lists the set in ascending order.
func (b *bitmap) ports() []uint16 {
	var list []uint16
	for p := range 1 << 16 {
		if b.has(uint16(p)) {
			list = append(list, uint16(p))
		}
	}
	return list
}
