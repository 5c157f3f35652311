package bpf

import "fmt"

// SteerCounters tell what became of each packet that the device received since the program was attached. Every packet
// is counted once.
type SteerCounters struct {
	Other       uint64 // passed to the stack: not an answer to us
	SYNACK      uint64 // true answers, redirected to an AF_XDP socket, or passed and copied with SteerConfig.PassSYNACKs
	RST         uint64 // true answers, redirected
	ICMP        uint64 // likewise
	Unbound     uint64 // true answers on a queue without a socket: passed to the stack, lost to the scan
	Owned       uint64 // wrong cookie, but a connection of this host: passed to the stack
	Forged      uint64 // wrong cookie and nobody's connection: dropped, or passed where SteerConfig says so
	ForeignICMP uint64 // ICMP errors that quote nothing from our addresses and ports: passed to the stack
	Uncopied    uint64 // true SYN-ACKs passed to the stack without a copy, for want of room: lost to the scan
}

// Answers is the number of true answers given to AF_XDP sockets or copied. Those given to sockets can still be lost there
// when a ring is full: the sockets' own statistics tell.
func (c *SteerCounters) Answers() uint64 { return c.SYNACK + c.RST + c.ICMP }

// Counters reads the sums over all CPUs. It takes microseconds: once a second is fine, once a packet is not.
func (s *Steer) Counters() (SteerCounters, error) {
	var perCPU []steerCounters
	if err := s.objects.Verdicts.Lookup(uint32(0), &perCPU); err != nil {
		return SteerCounters{}, fmt.Errorf("read counters of steer: %w", err)
	}
	var sum SteerCounters
	for i := range perCPU {
		n := &perCPU[i]
		sum.Other += n.Other
		sum.SYNACK += n.Synack
		sum.RST += n.Rst
		sum.ICMP += n.Icmp
		sum.Unbound += n.Unbound
		sum.Owned += n.Owned
		sum.Forged += n.Forged
		sum.ForeignICMP += n.ForeignIcmp
		sum.Uncopied += n.Uncopied
	}
	return sum, nil
}
