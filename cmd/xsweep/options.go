package main

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// options are the flags of a scan as they were given.
type options struct {
	groups []flagGroup // the flags themselves

	targetOptions
	noBlocklist bool
	orderOptions
	// Scan
	rate          rateValue
	bandwidth     bandwidthValue
	maxRuntime    uint
	maxResults    uint64
	probes        int
	probeInterval secondsValue
	cooldown      uint
	senders       int
	cores         coresValue
	// Dry runs
	dryRun     bool
	fastDryRun bool
	ipLayer    bool
	// Network
	iface       string
	sourceIP    string
	sourcePort  string
	gatewayMAC  string
	sourceMAC   string
	vlan        uint16
	probeModule string
	probeArgs   string
	probeTTL    uint8
	reset       string
	// AF_XDP
	engine         string
	noBackoff      bool
	xdpMode        string
	bindMode       string
	passInvalid    bool
	keepPrivileges bool
	// Output
	outputOptions
	stopOptions
	quiet bool
	noteOptions
	checkpointOptions
	logOptions
	logs *logs // once they are open
	zmapOptions
	configOptions
	answerOptions
}

// flagGroup is a part of the help: flags that serve one purpose.
type flagGroup struct {
	title string
	flags *pflag.FlagSet
}

// register defines the flags on cmd, by purpose. Names are ZMap's wherever ZMap has the option.
func (o *options) register(cmd *cobra.Command) {
	o.groups = []flagGroup{
		{"Targets", o.targetFlags()},
		{"Order", o.orderOptions.flags()},
		{"Scan", o.scanFlags()},
		{"Dry run", o.dryRunFlags()},
		{"Output", joined(o.outputOptions.flags(), o.noteOptions.flags(), o.statusFlags())},
		{"Checkpoint", o.checkpointOptions.flags()},
		{"Log", o.logOptions.flags()},
		{"Probe", o.probeFlags()},
		{"Network", o.networkFlags()},
		{"AF_XDP", o.xdpFlags()},
		{"Configuration", o.configOptions.flags()},
		{"For command lines written for ZMap", o.zmapOptions.flags()},
		{"Instead of a scan", o.answerOptions.flags()},
	}
	for _, g := range o.groups {
		cmd.Flags().AddFlagSet(g.flags)
	}
}

// joined is one set with the flags of several.
func joined(sets ...*pflag.FlagSet) *pflag.FlagSet {
	all := newFlagSet()
	for _, f := range sets {
		all.AddFlagSet(f)
	}
	return all
}

func newFlagSet() *pflag.FlagSet {
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	f.SortFlags = false
	return f
}

func (o *options) targetFlags() *pflag.FlagSet {
	f := o.targetOptions.flags("; read again on SIGHUP")
	f.BoolVar(&o.noBlocklist, "no-blocklist", false, "scan more than a /8 without a blocklist file")
	return f
}

func (o *options) scanFlags() *pflag.FlagSet {
	f := newFlagSet()
	o.rate = 10000
	f.VarP(&o.rate, "rate", "r", "probes per second, such as 100k or 1.5M; 0 is no limit")
	f.VarP(&o.bandwidth, "bandwidth", "B", "probes worth so many bits per second on the wire, such as 10M or 1.5G; not with -r")
	f.UintVarP(&o.maxRuntime, "max-runtime", "t", 0, "stop sending after `SECONDS`; 0 is never")
	f.Uint64VarP(&o.maxResults, "max-results", "N", 0, "end at once after `N` results; 0 is never")
	f.IntVarP(&o.probes, "probes", "P", 1, "send `N` probes per target, from different source ports")
	f.Var(&o.probeInterval, "probe-interval", "wait so long from one of them to the next; 0 is back to back")
	f.UintVarP(&o.cooldown, "cooldown-time", "c", 8, "listen for `SECONDS` after the last probe")
	f.IntVarP(&o.senders, "sender-threads", "T", 0, "send from `N` threads, each with a queue; 0 chooses by rate")
	f.Var(&o.cores, "cores", "keep the sending threads on these cores, such as 0,2,4, one after the other (default all)")
	f.BoolVar(&o.noBackoff, "no-backoff", false, "keep to the rate though the device does not take all frames")
	f.AddFlagSet(o.stopOptions.flags())
	return f
}

func (o *options) dryRunFlags() *pflag.FlagSet {
	f := newFlagSet()
	f.BoolVarP(&o.dryRun, "dryrun", "d", false, "print the probes and send nothing")
	f.BoolVar(&o.fastDryRun, "fast-dryrun", false,
		"write address and port of each probe, 6 bytes in network order, and send nothing")
	f.BoolVarP(&o.ipLayer, "iplayer", "X", false, "leave out the Ethernet header")
	return f
}

func (o *options) statusFlags() *pflag.FlagSet {
	f := newFlagSet()
	f.BoolVarP(&o.quiet, "quiet", "q", false, "no status line")
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
	return f
}

func (o *options) probeFlags() *pflag.FlagSet {
	f := newFlagSet()
	f.StringVarP(&o.probeModule, "probe-module", "M", synScan, "send the probes of `MODULE`; there is no other so far")
	f.StringVar(&o.probeArgs, "probe-args", defaultProbeArgs,
		"send the TCP options of `PROFILE`: smallest-probes, windows, linux or bsd; linux,rtt or bsd,rtt measures round trips; "+
			"ja4ts fingerprints SYN-ACKs, ja4t the probe, as linux,ja4ts,ja4t")
	f.Uint8Var(&o.probeTTL, "probe-ttl", 64, "send probes with this `TTL`")
	f.StringVar(&o.reset, "rst", "reply", "who closes accepted connections, by `POLICY`: reply sends a RST (again only to a few repetitions), "+
		"kernel lets this host's stack do it, none leaves them")
	return f
}

func (o *options) xdpFlags() *pflag.FlagSet {
	f := newFlagSet()
	f.StringVar(&o.engine, "engine", "auto",
		"transmit by `ENGINE`: xsk (AF_XDP rings), xdp (live XDP frames, for high rates without zero-copy) or auto")
	f.StringVar(&o.xdpMode, "xdp-mode", "auto", "attach the XDP program in `MODE`: auto, native or generic")
	f.StringVar(&o.bindMode, "bind-mode", "auto", "bind the AF_XDP sockets in `MODE`: auto, zero-copy or copy")
	f.BoolVar(&o.passInvalid, "pass-invalid", false,
		"give forged answers to the host's stack (needed where this host masquerades others)")
	f.BoolVar(&o.keepPrivileges, "keep-privileges", false,
		"drop no capability once everything is open, and put no fence around files (for debugging)")
	return f
}
