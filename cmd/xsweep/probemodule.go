package main

import (
	"fmt"
	"slices"

	"github.com/xsweep/xsweep/output"
)

const synScan = "tcp_synscan"

// probeModuleNames are ZMap's. Only the first is here.
var probeModuleNames = []string{synScan, "tcp_synackscan", "icmp_echoscan", "icmp_echo_time", "udp", "ntp", "upnp", "dns",
	"bacnet", "ipip"}

// parseModule accepts the one that there is.
func (o *options) parseModule(*settings) error {
	name := o.probeModule
	nearest := output.Nearest(name, probeModuleNames)
	switch {
	case name == synScan:
		return nil
	case slices.Contains(probeModuleNames, name):
		return fmt.Errorf("--probe-module: %q is not supported yet: there is %s", name, synScan)
	case nearest == synScan:
		return fmt.Errorf("--probe-module: %q is not a module: the nearest is %q", name, nearest)
	default:
		return fmt.Errorf("--probe-module: %q is not a module: there is %s", name, synScan)
	}
}
