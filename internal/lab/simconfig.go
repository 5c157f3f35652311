package lab

import (
	"fmt"
	"math"
	"net/netip"
)

// Limits of a SimConfig.
const (
	MaxDuplicateCopies   = 15      // extra copies of one answer
	MaxCoveragePorts     = 64      // bits in a word
	MaxCoverageAddresses = 1 << 17 // words: the size of 198.18.0.0/15
)

// SimConfig describes a simulated world. All shares are from 0 to 1. The zero value is a world in which every host is
// silent, every probe is checked, and nothing goes wrong.
type SimConfig struct {
	// Key makes the world: equal keys, networks and shares make equal worlds.
	Key uint64

	// Network is what the world answers for, except for the two hosts' own addresses; default [Network]. Nothing
	// leaves the Lab, whatever the network is.
	Network netip.Prefix

	// Shares of targets that are open, closed, and reported by ICMP as unreachable. The rest is silent.
	Open, Closed, ICMP float64

	// Loss is the share of probes lost on the way, before anything sees them but the checksum test and the counters.
	// Each probe is lost or not for itself, so that a second one to the same target may arrive.
	Loss float64

	// Duplicate is the share of answers sent more than once: DuplicateCopies times more, 1 to 15, default 1.
	Duplicate       float64
	DuplicateCopies int

	// WrongAck is the share of answers that belong to no probe: their acknowledgement number, or the sequence number
	// quoted in an ICMP error, is wrong.
	WrongAck float64

	// SkipChecksums believes probes without looking at their IPv4 and TCP checksums.
	SkipChecksums bool

	// Drop answers nothing: probes are checked, counted and dropped. For measuring rates.
	Drop bool

	// CoarseClock takes the time of arrivals from the kernel's tick, which comes every 1 to 10 ms. The exact clock costs
	// more than the rest of the work on a probe, so this about doubles how many a second the world can take.
	CoarseClock bool

	// CoveragePorts, if not empty, records exactly which (address, port) pairs were probed, for at most 64 ports, in a
	// Network of at most 2^17 addresses. See [Simulation.Coverage].
	CoveragePorts []uint16

	// MaxConnections is how many accepted connections the world can remember, to check the RST that ends each of
	// them; default 2^20. See [Counters.Untracked].
	MaxConnections int
}

// withDefaults fills in and checks the configuration.
func (c SimConfig) withDefaults() (SimConfig, error) {
	if c.Network == (netip.Prefix{}) {
		c.Network = Network()
	}
	if c.DuplicateCopies == 0 {
		c.DuplicateCopies = 1
	}
	if c.MaxConnections == 0 {
		c.MaxConnections = 1 << 20
	}
	for _, share := range []struct {
		name  string
		value float64
	}{
		{"Open", c.Open}, {"Closed", c.Closed}, {"ICMP", c.ICMP},
		{"Loss", c.Loss}, {"Duplicate", c.Duplicate}, {"WrongAck", c.WrongAck},
	} {
		if !(share.value >= 0 && share.value <= 1) { // written so that NaN fails
			return c, fmt.Errorf("%s is %v: want a share from 0 to 1", share.name, share.value)
		}
	}
	const rounding = 1e-9 // ten shares of 0.1 are not quite 1
	switch {
	case c.Open+c.Closed+c.ICMP > 1+rounding:
		return c, fmt.Errorf("shares of open, closed and unreachable add up to %v: want at most 1", c.Open+c.Closed+c.ICMP)
	case !c.Network.IsValid() || !c.Network.Addr().Is4() || c.Network != c.Network.Masked():
		return c, fmt.Errorf("network %v: want an IPv4 prefix without host bits", c.Network)
	case c.DuplicateCopies < 0 || c.DuplicateCopies > MaxDuplicateCopies:
		return c, fmt.Errorf("%d copies of an answer: want 1 to %d", c.DuplicateCopies, MaxDuplicateCopies)
	case c.MaxConnections < 0 || c.MaxConnections > math.MaxInt32:
		return c, fmt.Errorf("%d connections to remember: want at most 2^31-1", c.MaxConnections)
	case len(c.CoveragePorts) > MaxCoveragePorts:
		return c, fmt.Errorf("coverage of %d ports: want at most %d", len(c.CoveragePorts), MaxCoveragePorts)
	case len(c.CoveragePorts) > 0 && c.addresses() > MaxCoverageAddresses:
		return c, fmt.Errorf("coverage of %v: want a network of at most %d addresses", c.Network, MaxCoverageAddresses)
	}
	return c, nil
}

// addresses is the size of the network.
func (c *SimConfig) addresses() int {
	return 1 << (32 - c.Network.Bits())
}
