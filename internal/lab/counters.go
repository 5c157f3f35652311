package lab

import (
	"errors"
	"fmt"
	"time"

	"github.com/cilium/ebpf"
)

// Counters is what a simulated world has seen and done since it started or was reset.
//
// Every SYN to a simulated target is counted in SYNs and in exactly one of Malformed, BadIPChecksum, BadTCPChecksum,
// Dropped, Lost, WrongAcks, Open, Closed, Unreachable, Silent and Failed.
type Counters struct {
	SYNs           uint64 // SYNs to simulated targets
	Malformed      uint64 // cut short, fragmented, with IP options, or with a length that does not fit
	BadIPChecksum  uint64 // with a wrong IPv4 header checksum; not answered
	BadTCPChecksum uint64 // with a wrong TCP checksum; not answered
	Dropped        uint64 // counted and dropped, by SimConfig.Drop
	Lost           uint64 // lost on purpose, whatever the target is
	WrongAcks      uint64 // answered with a wrong acknowledgement, whatever the kind of answer
	Open           uint64 // answered with a SYN-ACK
	Closed         uint64 // answered with a RST
	Unreachable    uint64 // answered with an ICMP error
	Silent         uint64 // not answered, because the target does not
	Failed         uint64 // not answered, because the kernel could not resize the frame

	Duplicates uint64 // extra copies of answers sent
	Untracked  uint64 // SYN-ACKs that were not remembered; a RST to one counts as bad
	RSTsGood   uint64 // RSTs with right checksums that answer a SYN-ACK which was sent, exactly
	RSTsBad    uint64 // all other RSTs to simulated targets
	HostSYNs   uint64 // SYNs to the two hosts' own addresses, which the kernels answer
	Passed     uint64 // frames left to the world's kernel, HostSYNs included

	// First and Last are when the first and the last SYN to a simulated target came, since the machine booted
	// (CLOCK_MONOTONIC); 0 if none has.
	First, Last time.Duration
}

// RatePPS returns the rate at which SYNs came, in packets per second between the first and the last; 0 if there were
// fewer than two.
func (c Counters) RatePPS() float64 {
	if c.SYNs < 2 || c.Last <= c.First {
		return 0
	}
	return float64(c.SYNs-1) / (c.Last - c.First).Seconds()
}

// Answered returns how many SYNs were answered with what the truth says.
func (c Counters) Answered() uint64 {
	return c.Open + c.Closed + c.Unreachable
}

// Counters reads the counters. While frames arrive, the fields may be of slightly different moments.
func (s *Simulation) Counters() (Counters, error) {
	return s.program.counters()
}

func (p *worldProgram) counters() (Counters, error) {
	perCPU, err := p.perCPU()
	if err != nil {
		return Counters{}, err
	}
	var sum Counters
	for i := range perCPU {
		sum.add(&perCPU[i])
	}
	return sum, nil
}

func (p *worldProgram) perCPU() ([]worldCounters, error) {
	var perCPU []worldCounters
	if err := p.objects.Counts.Lookup(uint32(0), &perCPU); err != nil {
		return nil, fmt.Errorf("read counters of simulated world: %w", err)
	}
	return perCPU, nil
}

// add adds one CPU's counters.
func (c *Counters) add(cpu *worldCounters) {
	c.SYNs += cpu.Syns
	c.Malformed += cpu.Malformed
	c.BadIPChecksum += cpu.BadIpChecksum
	c.BadTCPChecksum += cpu.BadTcpChecksum
	c.Dropped += cpu.Dropped
	c.Lost += cpu.Lost
	c.WrongAcks += cpu.WrongAcks
	c.Open += cpu.Open
	c.Closed += cpu.Closed
	c.Unreachable += cpu.Unreachable
	c.Silent += cpu.Silent
	c.Failed += cpu.Failed
	c.Duplicates += cpu.Duplicates
	c.Untracked += cpu.Untracked
	c.RSTsGood += cpu.RstsGood
	c.RSTsBad += cpu.RstsBad
	c.HostSYNs += cpu.HostSyns
	c.Passed += cpu.Passed
	if cpu.FirstNs == 0 {
		return
	}
	first, last := time.Duration(cpu.FirstNs), time.Duration(cpu.LastNs)
	if c.First == 0 || first < c.First {
		c.First = first
	}
	c.Last = max(c.Last, last)
}

// Reset sets counters, arrival windows and coverage to zero and forgets accepted connections. Frames that arrive
// meanwhile may be counted or not.
func (s *Simulation) Reset() error {
	return s.program.reset()
}

func (p *worldProgram) reset() error {
	if err := p.objects.Counts.Put(uint32(0), make([]worldCounters, p.cpus)); err != nil {
		return fmt.Errorf("reset counters: %w", err)
	}
	if err := p.objects.StartNs.Set(uint64(0)); err != nil {
		return fmt.Errorf("reset start: %w", err)
	}
	for _, memory := range []*ebpf.Memory{p.windows, p.coverage} {
		if _, err := memory.WriteAt(make([]byte, memory.Size()), 0); err != nil {
			return fmt.Errorf("reset: %w", err)
		}
	}
	return p.forgetConnections()
}

// forgetConnections empties the map of accepted connections, many at a time.
func (p *worldProgram) forgetConnections() error {
	const batch = 4096
	var cursor ebpf.MapBatchCursor
	keys, acks := make([]worldConnection, batch), make([]uint32, batch)
	for {
		_, err := p.objects.Accepted.BatchLookupAndDelete(&cursor, keys, acks, nil)
		if errors.Is(err, ebpf.ErrKeyNotExist) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("forget connections: %w", err)
		}
	}
}
