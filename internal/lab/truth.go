package lab

import (
	"fmt"
	"iter"
	"math"
)

// Outcome is what a target answers to a SYN.
type Outcome uint8

// The outcomes. The zero Outcome is Silent.
const (
	Silent      Outcome = iota // nothing
	Open                       // a SYN-ACK
	Closed                     // a RST
	Unreachable                // an ICMP error that quotes the SYN
)

func (o Outcome) String() string {
	switch o {
	case Silent:
		return "silent"
	case Open:
		return "open"
	case Closed:
		return "closed"
	case Unreachable:
		return "unreachable"
	}
	return fmt.Sprintf("Outcome(%d)", uint8(o))
}

// truth decides every target by a hash of it. bpf/truth.h is the same in C.
type truth struct {
	mixedKey         uint64
	openBelow        uint64
	closedBelow      uint64
	unreachableBelow uint64

	network, mask uint32
}

// mix is the finalizer of SplitMix64 (Steele, Lea and Flood, 2014).
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// below turns a share of 0 to 1 into the first 32-bit value past it.
func below(share float64) uint64 {
	return uint64(math.Round(share * (1 << 32)))
}

func newTruth(cfg *SimConfig) truth {
	bits := cfg.Network.Bits()
	return truth{
		mixedKey:         mix(cfg.Key + 0x9e3779b97f4a7c15), // an odd constant, so that key 0 is a key as well
		openBelow:        below(cfg.Open),
		closedBelow:      below(cfg.Open + cfg.Closed),
		unreachableBelow: below(cfg.Open + cfg.Closed + cfg.ICMP),
		network:          fromAddr(cfg.Network.Addr()),
		mask:             uint32(math.MaxUint32 << (32 - bits)),
	}
}

// hash has the outcome in its lower half and the initial sequence number of a SYN-ACK in its upper half.
func (t *truth) hash(addr uint32, port uint16) uint64 {
	return mix(t.mixedKey + (uint64(addr)<<16 | uint64(port)))
}

func (t *truth) outcome(addr uint32, port uint16) Outcome {
	switch {
	case addr&t.mask != t.network || addr == ScannerAddr:
		return Silent
	case addr == WorldAddr:
		return Closed // the world's kernel answers for its own address
	}
	roll := uint64(uint32(t.hash(addr, port)))
	switch {
	case roll < t.openBelow:
		return Open
	case roll < t.closedBelow:
		return Closed
	case roll < t.unreachableBelow:
		return Unreachable
	}
	return Silent
}

// Truth says what a target answers to a SYN when nothing is lost or falsified. Silent is also the scanner's own address
// and whatever is outside the simulated network; the world's own address is Closed, unless a test listens there. addr
// is in host byte order.
func (s *Simulation) Truth(addr uint32, port uint16) Outcome {
	return s.truth.outcome(addr, port)
}

// Count counts the targets of an outcome among the addresses first to last, both included, times ports.
func (s *Simulation) Count(outcome Outcome, first, last uint32, ports []uint16) uint64 {
	var n uint64
	for addr := uint64(first); addr <= uint64(last); addr++ {
		for _, port := range ports {
			if s.truth.outcome(uint32(addr), port) == outcome {
				n++
			}
		}
	}
	return n
}

// CountOpen counts the open targets among the addresses first to last, both included, times ports.
func (s *Simulation) CountOpen(first, last uint32, ports []uint16) uint64 {
	return s.Count(Open, first, last, ports)
}

// OpenTargets yields the open targets among the addresses first to last, both included, times ports: by address, and for
// one address in the order of ports.
func (s *Simulation) OpenTargets(first, last uint32, ports []uint16) iter.Seq2[uint32, uint16] {
	return func(yield func(uint32, uint16) bool) {
		for addr := uint64(first); addr <= uint64(last); addr++ {
			for _, port := range ports {
				if s.truth.outcome(uint32(addr), port) == Open && !yield(uint32(addr), port) {
					return
				}
			}
		}
	}
}
