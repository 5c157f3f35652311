package main

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/xsweep/xsweep/blocklist"
	"github.com/xsweep/xsweep/bpf"
	"github.com/xsweep/xsweep/scan"
	"github.com/xsweep/xsweep/xsk"
)

// settings are the options once they are understood.
type settings struct {
	scan       scan.Config // without targets and the way to them
	ports      []uint16    // empty with a list of targets
	targets    *targetSet
	sources    []uint32 // empty: the interface's
	gatewayMAC net.HardwareAddr
	sourceMAC  net.HardwareAddr
	gateway    uint32 // address of the next hop; 0 where it is not known, or where there is none
	probe      probeArgs
	output     outputSettings

	same        *sameness // nil for a scan without a checkpoint
	deviceDrops uint64    // of earlier sessions of the scan
}

// understand parses every option that is more than a number. Its errors are usage errors.
func (o *options) understand(cmd *cobra.Command) (*settings, error) {
	s := new(settings)
	for _, parse := range []func(*settings) error{o.parseProbes, o.parseNetwork, o.parseXDP, o.parseEnds, o.parseModule,
		o.parsePace, o.noteOptions.check, o.logOptions.check, o.zmapOptions.check} {
		if err := parse(s); err != nil {
			return nil, usagef(cmd, "%w", err)
		}
	}
	if err := o.orderOptions.configure(cmd, &s.scan); err != nil {
		return nil, err
	}
	var err error
	if s.output, err = o.outputOptions.understand(cmd, o.numPorts(s), o.logFile); err != nil {
		return nil, err
	}
	s.scan.Probes, s.scan.ProbeInterval, s.scan.Senders = o.probes, time.Duration(o.probeInterval), o.senders
	s.scan.Rate = float64(o.rate)
	s.scan.MaxRuntime = time.Duration(o.maxRuntime) * time.Second
	s.scan.Cooldown = time.Duration(o.cooldown) * time.Second
	s.scan.MaxResults = o.maxResults
	s.scan.OutputPatience = time.Duration(o.patience)
	s.scan.PassInvalid = o.passInvalid
	return s, nil
}

func (o *options) parseProbes(s *settings) (err error) {
	if s.ports, err = o.parsePorts(); err != nil {
		return err
	}
	if s.scan.SourcePorts.First, s.scan.SourcePorts.Last, err = parsePortRange(o.sourcePort); err != nil {
		return fmt.Errorf("--source-port: %w", err)
	}
	if s.scan.SourcePorts.First == 0 {
		return errors.New("--source-port: nobody answers to port 0")
	}
	if most := min(scan.MaxProbes, s.scan.SourcePorts.Len()); o.probes < 1 || o.probes > most {
		return fmt.Errorf("--probes %d is not 1 to %d", o.probes, most)
	}
	if o.probeInterval > 0 && o.probes < 2 {
		return errors.New("--probe-interval is between the probes of a target: give --probes (-P) 2 or more")
	}
	if o.senders < 0 {
		return fmt.Errorf("--sender-threads %d is negative", o.senders)
	}
	return nil
}

func (o *options) parseNetwork(s *settings) (err error) {
	if s.sources, err = parseSources(o.sourceIP); err != nil {
		return fmt.Errorf("--source-ip: %w", err)
	}
	if s.gatewayMAC, err = parseMAC(o.gatewayMAC); err != nil {
		return fmt.Errorf("--gateway-mac: %w", err)
	}
	if s.sourceMAC, err = parseMAC(o.sourceMAC); err != nil {
		return fmt.Errorf("--source-mac: %w", err)
	}
	if o.vlan > 4094 {
		return fmt.Errorf("--vlan %d is not 1 to 4094", o.vlan)
	}
	if o.probeTTL == 0 {
		return errors.New("--probe-ttl 0 would not leave this host")
	}
	link := &s.scan.Link
	link.VLAN, link.TTL, link.Timestamp = o.vlan, o.probeTTL, uint32(time.Now().Unix())
	if s.probe, err = parseProbeArgs(o.probeArgs); err != nil {
		return fmt.Errorf("--probe-args: %w", err)
	}
	link.Profile, s.scan.RTT, s.scan.OptionKinds = s.probe.profile, s.probe.rtt, s.probe.ja4ts
	if s.scan.Reset, err = scan.ParseResetPolicy(o.reset); err != nil {
		return fmt.Errorf("--rst: %w", err)
	}
	return nil
}

func (o *options) parseXDP(s *settings) (err error) {
	if s.scan.Engine, err = scan.ParseEngine(o.engine); err != nil {
		return fmt.Errorf("--engine: %q is not auto, xsk or xdp", o.engine)
	}
	if s.scan.XDP, err = bpf.ParseMode(o.xdpMode); err != nil {
		return fmt.Errorf("--xdp-mode: %w", err)
	}
	if s.scan.Bind, err = xsk.ParseBindMode(o.bindMode); err != nil {
		return fmt.Errorf("--bind-mode: %q is not auto, zero-copy or copy", o.bindMode)
	}
	return nil
}

func (o *options) parseEnds(s *settings) error {
	switch {
	case o.maxRuntime > maxSeconds:
		return fmt.Errorf("--max-runtime %d is more than %.0f seconds", o.maxRuntime, maxSeconds)
	case o.cooldown > maxSeconds:
		return fmt.Errorf("--cooldown-time %d is more than %.0f seconds", o.cooldown, maxSeconds)
	}
	if err := o.stopOptions.configure(&s.scan); err != nil {
		return err
	}
	return o.configureDedup(&s.scan)
}

// numPorts is the number of different ports, for which 2 stands where each target of a list has its own.
func (o *options) numPorts(s *settings) int {
	if o.targetsFile != "" {
		return 2
	}
	ports := slices.Sorted(slices.Values(s.ports))
	return len(slices.Compact(ports))
}

// parseSources reads addresses, networks and ranges, separated by commas.
func parseSources(text string) ([]uint32, error) {
	if text == "" {
		return nil, nil
	}
	var ranges []blocklist.Range
	for item := range strings.SplitSeq(text, ",") {
		r, err := blocklist.Parse(strings.TrimSpace(item))
		if err != nil {
			return nil, err
		}
		ranges = append(ranges, r)
	}
	set := blocklist.New(ranges...)
	if set.Len() > bpf.MaxSources {
		return nil, fmt.Errorf("%d addresses are more than %d", set.Len(), bpf.MaxSources)
	}
	return sample(set, set.Len()), nil
}

func parseMAC(text string) (net.HardwareAddr, error) {
	if text == "" {
		return nil, nil
	}
	mac, err := net.ParseMAC(text)
	if err != nil || len(mac) != 6 {
		return nil, fmt.Errorf("%q is not a MAC address such as 02:00:00:00:00:01", text)
	}
	return mac, nil
}
