package main

import (
	"errors"
	"fmt"
	"net"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/blocklist"
	"github.com/xsweep/xsweep/internal/bench"
	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/nexthop"
)

// errBenchTargets is a refusal that a hint explains.
var errBenchTargets = errors.New("outside of 198.18.0.0/15, the network for benchmarks")

// benchNIC are the flags of a benchmark on a network card.
type benchNIC struct {
	iface     string
	peer      string
	targetMAC string
	targets   []string
	sourceIP  string
	allowAny  bool
}

func (o *benchNIC) add(f *pflag.FlagSet) {
	f.StringVarP(&o.iface, "interface", "i", "", "send from interface `NAME` of this machine, instead of in the lab")
	f.StringVar(&o.peer, "peer", "", "count at interface `NAME`, the other end of the cable, and drop what arrives")
	f.StringVar(&o.targetMAC, "target-mac", "", "send to `MAC` (default that of --peer)")
	f.StringArrayVar(&o.targets, "target", []string{lab.Network().String()}, "send to addresses of `NETWORK`")
	f.StringVar(&o.sourceIP, "source-ip", blocklist.ToAddr(lab.ScannerAddr).String(), "send from `ADDRESS`")
	f.BoolVar(&o.allowAny, "allow-any", false, "send to addresses outside of 198.18.0.0/15: only where they are yours")
}

// place is the lab, or the network card that is asked for.
func (o *benchNIC) place(cmd *cobra.Command) (*bench.Place, error) {
	if o.iface == "" {
		for _, name := range []string{"peer", "target-mac", "target", "source-ip", "allow-any"} {
			if cmd.Flags().Changed(name) {
				return nil, usagef(cmd, "--%s is for a network card: name it with --interface (-i)", name)
			}
		}
		return bench.Lab(), nil
	}
	cfg, err := o.config(cmd)
	if err != nil {
		return nil, err
	}
	if cfg.Near, err = findEnd(o.iface); err != nil {
		return nil, err
	}
	if o.peer != "" {
		peer, err := findEnd(o.peer)
		if err != nil {
			return nil, err
		}
		if peer.Ifindex == cfg.Near.Ifindex {
			return nil, usagef(cmd, "--peer %s is the interface that sends: name the other end of the cable", o.peer)
		}
		cfg.Peer = &peer
		if o.targetMAC == "" {
			cfg.Next = peer.MAC
		}
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "xsweep: sending as fast as it goes from %s to %v, %d addresses of %v\n", cfg.Near.Name,
		net.HardwareAddr(cfg.Next[:]), cfg.Targets.Len(), o.targets)
	return bench.NIC(cfg), nil
}

// config is what the command line alone says.
func (o *benchNIC) config(cmd *cobra.Command) (cfg bench.NICConfig, err error) {
	mac, err := parseMAC(o.targetMAC)
	if err != nil {
		return cfg, usagef(cmd, "--target-mac: %w", err)
	}
	if mac == nil && o.peer == "" {
		return cfg, usagef(cmd, "where should it send to? name the other end of the cable with --peer, or its MAC address with --target-mac")
	}
	copy(cfg.Next[:], mac)
	sources, err := parseSources(o.sourceIP)
	if err != nil || len(sources) != 1 {
		return cfg, usagef(cmd, "--source-ip: %q is not one IPv4 address", o.sourceIP)
	}
	cfg.Source = sources[0]
	var ranges []blocklist.Range
	for _, text := range o.targets {
		r, err := blocklist.Parse(text)
		if err != nil {
			return cfg, usagef(cmd, "--target: %w", err)
		}
		ranges = append(ranges, r)
	}
	cfg.Targets = blocklist.New(ranges...)
	network, err := blocklist.Parse(lab.Network().String())
	if err != nil {
		return cfg, err
	}
	if outside := cfg.Targets.Minus(blocklist.New(network)).Len(); outside > 0 && !o.allowAny {
		return cfg, fmt.Errorf("%d of %d target addresses are %w", outside, cfg.Targets.Len(), errBenchTargets)
	}
	return cfg, nil
}

// findEnd finds an interface that can send Ethernet frames now.
func findEnd(name string) (end bench.End, err error) {
	link, err := netlink.LinkByName(name)
	if _, missing := errors.AsType[netlink.LinkNotFoundError](err); missing {
		return end, &nexthop.InterfaceError{Interface: name, Err: nexthop.ErrNoInterface}
	}
	if err != nil {
		return end, fmt.Errorf("look up interface %q: %w", name, err)
	}
	a := link.Attrs()
	var why error
	switch {
	case a.Flags&net.FlagLoopback != 0:
		why = nexthop.ErrLoopback
	case a.EncapType != "ether" || len(a.HardwareAddr) != 6:
		why = nexthop.ErrNotEthernet
	case a.RawFlags&unix.IFF_UP == 0:
		why = nexthop.ErrDown
	case a.RawFlags&unix.IFF_LOWER_UP == 0:
		why = nexthop.ErrNoCarrier
	default:
		return bench.End{Name: a.Name, Ifindex: a.Index, MAC: [6]byte(a.HardwareAddr)}, nil
	}
	return end, &nexthop.InterfaceError{Interface: a.Name, Err: why}
}
