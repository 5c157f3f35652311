package redirect

import (
	"errors"
	"fmt"
)

// ErrConfig is what the error for a Config that makes no sense wraps.
var ErrConfig = errors.New("invalid configuration")

// MaxPorts is the most ports that a Filter can name: each costs every frame that passes an instruction.
const MaxPorts = 64

// defaultQueues is more than most devices have; a slot in the map costs eight bytes.
const defaultQueues = 256

// Config describes a Program. The zero Config redirects every frame.
type Config struct {
	Filter Filter
	Action Action // what becomes of the frames that match; the others go to the host's stack

	// Queues is how many queues can have a socket, numbered from 0; 0 means 256. It may be more than the device has.
	Queues int

	Mode    Mode // for Attach: where in the kernel the program runs; the default is native, else generic
	Replace bool // for Attach: take the place of a program of another owner
}

// Action is what a Program does with the frames that match its Filter.
type Action uint8

// The actions.
const (
	// Redirect gives them to the socket of their queue, and to the host's stack where there is none.
	Redirect Action = iota

	// Drop counts them and lets nobody have them.
	Drop

	// Pass gives all frames to the host's stack, as if there were no program. Some drivers send no frame of an
	// AF_XDP socket, and others only in copy mode, before a program is attached.
	Pass
)

// Filter says which frames match: those that meet every field that is not zero. The zero Filter matches all.
//
// It looks behind up to two VLAN tags, and at headers only: lengths and checksums are left to the reader. What is cut
// short before the last field it looks at does not match.
type Filter struct {
	EtherType uint16   // 0x0806 is ARP; 0x0600 or more, and not that of a VLAN tag
	Protocol  uint8    // of IPv4: 6 is TCP, 17 is UDP
	Ports     []uint16 // destination ports of TCP or UDP over IPv4, or of Protocol's; up to MaxPorts; never of a fragment
}

const (
	etherIPv4     = 0x0800
	etherVLAN     = 0x8100 // 802.1Q
	etherProvider = 0x88a8 // 802.1ad
	protoTCP      = 6
	protoUDP      = 17
)

// ipv4 reports whether the filter looks into the IPv4 header.
func (f *Filter) ipv4() bool { return f.Protocol != 0 || len(f.Ports) > 0 }

func (f *Filter) empty() bool { return f.EtherType == 0 && !f.ipv4() }

func (f *Filter) check() error {
	switch {
	case f.EtherType != 0 && f.EtherType < 0x0600:
		return fmt.Errorf("EtherType %#04x: below 0x0600 it is a length", f.EtherType)
	case f.EtherType == etherVLAN || f.EtherType == etherProvider:
		return fmt.Errorf("EtherType %#04x is that of a VLAN tag, behind which the filter looks", f.EtherType)
	case f.ipv4() && f.EtherType != 0 && f.EtherType != etherIPv4:
		return fmt.Errorf("EtherType %#04x: protocols and ports are looked for in IPv4 (0x0800)", f.EtherType)
	case len(f.Ports) > 0 && f.Protocol != 0 && f.Protocol != protoTCP && f.Protocol != protoUDP:
		return fmt.Errorf("ports of IP protocol %d: want 6 (TCP), 17 (UDP) or 0 (both)", f.Protocol)
	case len(f.Ports) > MaxPorts:
		return fmt.Errorf("%d ports: at most %d", len(f.Ports), MaxPorts)
	}
	return nil
}

// Validate reports what makes no sense in cfg, as an error that wraps ErrConfig, or nil. Load and Attach call it.
func (cfg *Config) Validate() error {
	err := cfg.Filter.check()
	switch {
	case err != nil:
	case cfg.Action > Pass:
		err = fmt.Errorf("unknown action %d", uint8(cfg.Action))
	case cfg.Action == Pass && !cfg.Filter.empty():
		err = errors.New("a filter for a program that lets every frame pass")
	case cfg.Mode > ModeGeneric:
		err = fmt.Errorf("unknown XDP mode %d", uint8(cfg.Mode))
	case cfg.Queues < 0 || cfg.Queues > 1<<16:
		err = fmt.Errorf("%d queues: want 1 to %d", cfg.Queues, 1<<16)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrConfig, err)
	}
	return nil
}
