package lab

import (
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"math/bits"
)

// Coverage is the exact set of (address, port) pairs that were probed with right checksums, lost probes included. It
// covers every address of the network, the two hosts' own included, and the ports of SimConfig.CoveragePorts.
type Coverage struct {
	Distinct uint64 // targets probed at least once
	Repeated uint64 // probes to a target that had been probed before
	Other    uint64 // probes to other ports of simulated addresses

	network uint32
	ports   []uint16
	words   []uint64 // by address from network; bit i stands for ports[i]
}

// Coverage reads what has been probed so far. It is an error if the world was made without CoveragePorts.
func (s *Simulation) Coverage() (*Coverage, error) {
	if len(s.cfg.CoveragePorts) == 0 {
		return nil, errors.New("read coverage: simulated without CoveragePorts")
	}
	c := &Coverage{network: s.truth.network, ports: s.cfg.CoveragePorts, words: make([]uint64, s.cfg.addresses())}
	if err := s.program.readCoverage(c); err != nil {
		return nil, fmt.Errorf("read coverage: %w", err)
	}
	return c, nil
}

func (p *worldProgram) readCoverage(c *Coverage) error {
	perCPU, err := p.perCPU()
	if err != nil {
		return err
	}
	for i := range perCPU {
		c.Repeated += perCPU[i].CoveredAgain
		c.Other += perCPU[i].Uncovered
	}
	raw := make([]byte, 8*len(c.words))
	if _, err := p.coverage.ReadAt(raw, 0); err != nil {
		return err
	}
	for i := range c.words {
		c.words[i] = binary.NativeEndian.Uint64(raw[8*i:])
		c.Distinct += uint64(bits.OnesCount64(c.words[i]))
	}
	return nil
}

// Probed reports whether a target was probed. It is false for an address outside the network or a port not listed. addr
// is in host byte order.
func (c *Coverage) Probed(addr uint32, port uint16) bool {
	offset := addr - c.network
	if uint64(offset) >= uint64(len(c.words)) {
		return false
	}
	for i, listed := range c.ports {
		if listed == port {
			return c.words[offset]>>i&1 != 0
		}
	}
	return false
}

// Targets yields the targets that were probed, by address and then in the order of the listed ports.
func (c *Coverage) Targets() iter.Seq2[uint32, uint16] {
	return func(yield func(uint32, uint16) bool) {
		for offset, word := range c.words {
			for ; word != 0; word &= word - 1 {
				port := c.ports[bits.TrailingZeros64(word)]
				if !yield(c.network+uint32(offset), port) {
					return
				}
			}
		}
	}
}

// coverageBits numbers the listed ports from 1; all others are 0.
func coverageBits(ports []uint16) ([]uint8, error) {
	numbers := make([]uint8, 1<<16)
	for i, port := range ports {
		if numbers[port] != 0 {
			return nil, fmt.Errorf("coverage: port %d is listed twice", port)
		}
		numbers[port] = uint8(i + 1)
	}
	return numbers, nil
}
