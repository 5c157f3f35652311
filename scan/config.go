package scan

import (
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"time"

	"github.com/xsweep/xsweep/blocklist"
	"github.com/xsweep/xsweep/bpf"
	"github.com/xsweep/xsweep/packet"
	"github.com/xsweep/xsweep/xsk"
)

// DefaultSourcePorts is ZMap's range, and Linux's for outgoing connections: firewalls know it. The host's own
// connections from these ports go on undisturbed.
var DefaultSourcePorts = PortRange{32768, 61000}

// MaxProbes is the largest number of probes per target: they must fit into one batch.
const MaxProbes = batchSize

// ErrConfig is what the error of Open wraps for a Config that makes no sense.
var ErrConfig = errors.New("invalid configuration")

// Config describes a scan. Fields not marked required have a zero value that selects a default.
type Config struct {
	// What to probe.
	Targets    *blocklist.Set   // addresses; required, not empty. What must not be probed is not in it
	Ports      []uint16         // required, not empty; repetitions count once, and their order does not matter
	List       *blocklist.Pairs // targets one by one, in place of Targets and Ports
	Exclude    *blocklist.Set   // addresses that keep their place in the order and are not probed: see Scan.Exclude
	MaxTargets uint64           // stop after so many targets, of all shards together; 0 for all
	Seed       uint64           // decides the order of targets; 0 is a seed like any other
	Key        Key              // secret of the cookies; the zero Key selects a random one

	// Which part of it. Scans with equal Targets, Ports, List and Seed and different Shard probe different targets, and
	// all of them together every target, whatever else is different.
	Shards uint32 // parts of the scan; 0 for one; at most as many as there are targets
	Shard  uint32 // the part to probe, from 0

	Probes        int           // probes per target, from different source ports; default 1, at most MaxProbes
	ProbeInterval time.Duration // from one probe of a target to the next; 0 for back to back

	// How fast, how long.
	Rate       float64       // probes per second of all senders together; 0 for no limit
	MaxRuntime time.Duration // stop sending after this time; 0 for never
	Cooldown   time.Duration // listen so long after the last probe
	MaxResults uint64        // end at once after so many rows; 0 for never
	Senders    int           // sending threads, each with a queue and a core of its own; 0 chooses by rate
	Cores      []int         // cores for them, one after the other and then from the first; default those there are

	// When to give up. Either ends probing with an error, after the cool-down.
	MinHitRate        float64 // least percentage of targets with a hit, from five seconds on; 0 for any
	NoBackoff         bool    // keep to the rate though the device refuses or drops frames
	LimitSendFailures bool    // end when there are more than MaxSendFailures
	MaxSendFailures   uint64  // see Losses.SendFailures

	// By which way.
	Ifindex     int       // required
	Interface   string    // its name, for messages
	Sources     []uint32  // our addresses, host order; required
	SourcePorts PortRange // default DefaultSourcePorts
	Link        packet.Config
	// NextHop gives the link-layer address of each target, on a link without a gateway; nil where Link.DstMAC serves
	// for all. It is called by all senders, once per probe.
	NextHop func(addr uint32) (mac [6]byte, ok bool)

	// How to treat what comes back.
	RTT         bool        // measure round trips; Link.Profile must have timestamps
	OptionKinds bool        // keep the kinds of a SYN-ACK's TCP options, of which its fingerprint is made
	Reset       ResetPolicy // who closes accepted connections
	PassInvalid bool        // give answers with a wrong cookie to the host's stack instead of dropping them

	Dedup       DedupMethod
	DedupMemory uint64 // bytes to tell repeats by, beyond which the oldest answers are forgotten; 0 for no limit, or MinDedupMemory
	DedupWindow int    // answers that DedupWindow remembers, up to MaxDedupWindow; 0 for DefaultDedupWindow

	OutputPatience time.Duration // wait so long where the output says output.ErrFull; 0 for not at all

	// AF_XDP and XDP.
	Engine Engine
	Bind   xsk.BindMode
	XDP    bpf.Mode

	// Where to go on, and how that will be known.
	Keeper          Keeper           // of checkpoints; nil for none
	CheckpointEvery time.Duration    // from one to the next; default DefaultCheckpointEvery
	Resume          *State           // of the last checkpoint; nil for a scan from its beginning
	Seen            iter.Seq[uint64] // what Keeper.Seen was told until then; nil for nothing

	Logger *slog.Logger // what was chosen and what goes wrong; default none

	// Slots of a receive ring and frames for it; 0 for what ringSize and Scan.frames choose. Tests want fewer.
	ring, ringFrames uint32
}

// withDefaults checks cfg and fills in what is left open.
func (cfg Config) withDefaults() (Config, error) {
	if cfg.Probes == 0 {
		cfg.Probes = 1
	}
	if cfg.Shards == 0 {
		cfg.Shards = 1
	}
	if cfg.SourcePorts == (PortRange{}) {
		cfg.SourcePorts = DefaultSourcePorts
	}
	if cfg.Key == (Key{}) {
		cfg.Key = NewKey()
	}
	if cfg.Dedup == DedupDefault {
		cfg.Dedup = DedupFull
	}
	if cfg.DedupWindow == 0 {
		cfg.DedupWindow = DefaultDedupWindow
	}
	if cfg.CheckpointEvery == 0 {
		cfg.CheckpointEvery = DefaultCheckpointEvery
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	switch {
	case len(cfg.Sources) == 0:
		return cfg, fmt.Errorf("%w: no source address", ErrConfig)
	case cfg.SourcePorts.Len() == 0:
		return cfg, fmt.Errorf("%w: source ports %d-%d", ErrConfig, cfg.SourcePorts.First, cfg.SourcePorts.Last)
	case cfg.Probes < 1 || cfg.Probes > min(MaxProbes, cfg.SourcePorts.Len()):
		return cfg, fmt.Errorf("%w: %d probes per target, not 1 to %d", ErrConfig, cfg.Probes,
			min(MaxProbes, cfg.SourcePorts.Len()))
	case cfg.Dedup > DedupNone || cfg.DedupWindow < 1 || cfg.DedupWindow > MaxDedupWindow:
		return cfg, fmt.Errorf("%w: %v with a window of %d answers, not 1 to %d", ErrConfig, cfg.Dedup, cfg.DedupWindow,
			MaxDedupWindow)
	case int(cfg.Reset) >= len(resetNames):
		return cfg, fmt.Errorf("%w: %v", ErrConfig, cfg.Reset)
	case cfg.DedupMemory != 0 && cfg.DedupMemory < MinDedupMemory:
		return cfg, fmt.Errorf("%w: %d bytes to tell repeats by, fewer than %d", ErrConfig, cfg.DedupMemory, MinDedupMemory)
	case int(cfg.Engine) >= len(engineNames):
		return cfg, fmt.Errorf("%w: %v", ErrConfig, cfg.Engine)
	case cfg.Rate < 0 || cfg.MaxRuntime < 0 || cfg.Cooldown < 0 || cfg.ProbeInterval < 0 || cfg.Senders < 0,
		cfg.OutputPatience < 0, cfg.CheckpointEvery < 0:
		return cfg, fmt.Errorf("%w: a negative rate, time or number of senders", ErrConfig)
	}
	return cfg, checkCores(cfg.Cores)
}

// NumTargets is the number of targets of the whole scan, all shards of it. The error wraps ErrConfig.
func (cfg *Config) NumTargets() (uint64, error) {
	s, err := cfg.space()
	if err != nil {
		return 0, err
	}
	return s.Len(), nil
}

// space is the targets of the whole scan, all shards of it.
func (cfg *Config) space() (*Space, error) {
	switch {
	case cfg.List != nil && (cfg.Targets != nil || len(cfg.Ports) > 0):
		return nil, fmt.Errorf("%w: a list of targets besides addresses or ports", ErrConfig)
	case cfg.List != nil && cfg.List.Len() > 0:
		return NewListSpace(cfg.List), nil
	case cfg.Targets == nil || cfg.Targets.Len() == 0:
		return nil, fmt.Errorf("%w: no targets", ErrConfig)
	case len(cfg.Ports) == 0:
		return nil, fmt.Errorf("%w: no target ports", ErrConfig)
	}
	return NewSpace(cfg.Targets, cfg.Ports)
}
