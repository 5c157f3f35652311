package main

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// options are the flags of a scan as they were given.
type options struct {
	// Targets
	ports          string
	blocklistFiles []string
	allowlistFiles []string
	allowSpecial   bool
	noBlocklist    bool
	// Scan
	rate       rateValue
	maxTargets countValue
	maxRuntime uint
	maxResults uint64
	probes     int
	cooldown   uint
	seed       uint64
	senders    int
	dryRun     bool
	// Network
	iface      string
	sourceIP   string
	sourcePort string
	gatewayMAC string
	sourceMAC  string
	vlan       uint16
	probeArgs  string
	probeTTL   uint8
	reset      string
	// AF_XDP
	engine      string
	xdpMode     string
	bindMode    string
	passInvalid bool
	// Output
	outputFile   string
	outputFormat string
	outputFields string
	quiet        bool
	verbosity    int
}

// flagGroup is a part of the help: flags that serve one purpose.
type flagGroup struct {
	title string
	flags *pflag.FlagSet
}

// register defines the flags on cmd and returns them by purpose. Names are ZMap's wherever ZMap has the option.
func (o *options) register(cmd *cobra.Command) []flagGroup {
	groups := []flagGroup{
		{"Targets", o.targetFlags()},
		{"Scan", o.scanFlags()},
		{"Output", o.outputFlags()},
		{"Network", o.networkFlags()},
		{"AF_XDP", o.xdpFlags()},
	}
	for _, g := range groups {
		cmd.Flags().AddFlagSet(g.flags)
	}
	return groups
}

func newFlagSet() *pflag.FlagSet {
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	f.SortFlags = false
	return f
}

func (o *options) targetFlags() *pflag.FlagSet {
	f := newFlagSet()
	f.StringVarP(&o.ports, "target-ports", "p", "", "probe `PORTS`, such as 80,443,8000-8010; * is all (required)")
	f.StringArrayVarP(&o.blocklistFiles, "blocklist-file", "b", nil, "never probe the addresses in `FILE`, one entry per line")
	f.StringArrayVarP(&o.allowlistFiles, "allowlist-file", "w", nil, "probe the addresses in `FILE`, besides those given")
	f.BoolVar(&o.allowSpecial, "allow-special", false, "probe special-purpose networks (RFC 6890), too")
	f.BoolVar(&o.noBlocklist, "no-blocklist", false, "scan more than a /8 without a blocklist file")
	return f
}

func (o *options) scanFlags() *pflag.FlagSet {
	f := newFlagSet()
	o.rate = 10000
	f.VarP(&o.rate, "rate", "r", "probes per second, such as 100k or 1.5M; 0 is no limit")
	f.VarP(&o.maxTargets, "max-targets", "n", "probe so many targets at most, or a share of them")
	f.UintVarP(&o.maxRuntime, "max-runtime", "t", 0, "stop sending after `SECONDS`; 0 is never")
	f.Uint64VarP(&o.maxResults, "max-results", "N", 0, "end at once after `N` results; 0 is never")
	f.IntVarP(&o.probes, "probes", "P", 1, "send `N` probes per target, from different source ports")
	f.UintVarP(&o.cooldown, "cooldown-time", "c", 8, "listen for `SECONDS` after the last probe")
	f.Uint64VarP(&o.seed, "seed", "e", 0, "let `NUMBER` decide the order of targets (default random)")
	f.IntVarP(&o.senders, "sender-threads", "T", 0, "send from `N` threads, each with a queue; 0 chooses by rate")
	f.BoolVarP(&o.dryRun, "dryrun", "d", false, "print the probes and send nothing")
	return f
}

func (o *options) outputFlags() *pflag.FlagSet {
	f := newFlagSet()
	f.StringVarP(&o.outputFile, "output-file", "o", "-", "write results to `FILE`; - is standard output")
	f.StringVarP(&o.outputFormat, "output-module", "O", "csv", "write results in `FORMAT`: csv or json (one object a line)")
	f.StringVarP(&o.outputFields, "output-fields", "f", "",
		"write `FIELDS`, a comma list or * (default saddr, and sport with several ports)")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "no status line")
	f.IntVarP(&o.verbosity, "verbosity", "v", 3, "log up to `LEVEL`: 0 fatal, 1 error, 2 warn, 3 info, 4 debug, 5 trace")
	return f
}

func (o *options) networkFlags() *pflag.FlagSet {
	f := newFlagSet()
	f.StringVarP(&o.iface, "interface", "i", "", "send from interface `NAME` (default that of the route)")
	f.StringVarP(&o.sourceIP, "source-ip", "S", "", "probe from `ADDRESSES`, a comma list or a-b (default the interface's)")
	f.StringVarP(&o.sourcePort, "source-port", "s", "32768-61000", "probe from `PORTS`, a port or a-b")
	f.StringVarP(&o.gatewayMAC, "gateway-mac", "G", "", "send to the next hop `MAC` (default found by route and ARP)")
	f.StringVar(&o.sourceMAC, "source-mac", "", "send from `MAC` (default the interface's)")
	f.Uint16Var(&o.vlan, "vlan", 0, "tag every frame for VLAN `ID` (802.1Q); 0 is none")
	f.StringVar(&o.probeArgs, "probe-args", "smallest-probes",
		"send the TCP options of `PROFILE`: smallest-probes, windows, linux or bsd")
	f.Uint8Var(&o.probeTTL, "probe-ttl", 64, "send probes with this `TTL`")
	f.StringVar(&o.reset, "rst", "reply", "what accepted connections get: `POLICY` reply sends a RST, none leaves them")
	return f
}

func (o *options) xdpFlags() *pflag.FlagSet {
	f := newFlagSet()
	f.StringVar(&o.engine, "engine", "xsk", "transmit by `ENGINE`: xsk (AF_XDP)")
	f.StringVar(&o.xdpMode, "xdp-mode", "auto", "attach the XDP program in `MODE`: auto, native or generic")
	f.StringVar(&o.bindMode, "bind-mode", "auto", "bind the AF_XDP sockets in `MODE`: auto, zero-copy or copy")
	f.BoolVar(&o.passInvalid, "pass-invalid", false,
		"give forged answers to the host's stack (needed where this host masquerades others)")
	return f
}
