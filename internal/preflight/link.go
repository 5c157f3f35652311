package preflight

import (
	"fmt"
	"slices"
)

// isEthernet tells whether frames with an Ethernet header leave by it.
func (d *Device) isEthernet() bool { return d.Encap == "ether" && d.HasMAC && !d.Loopback }

// link tells whether frames can be sent at all.
func link(e *Env) []Finding {
	const name = "link"
	d := e.Device
	switch {
	case d.Loopback:
		return []Finding{fatalf(name, "ip -brief link", "%s is the loopback device, which leads nowhere", d.Name)}
	case !d.isEthernet():
		return []Finding{fatalf(name, "ip -brief link", "%s has no Ethernet header (its link type is %s): tun, ppp and WireGuard are not supported", d.Name, d.Encap)}
	case !d.Up:
		return []Finding{fatalf(name, "sudo ip link set "+d.Name+" up", "%s is down", d.Name)}
	case !d.Carrier:
		return []Finding{fatalf(name, "", "%s has no carrier: the cable, or the far end, is not there", d.Name)}
	}
	return []Finding{okf(name, "%s is up", d.Name)}
}

// stackedNames are kinds of devices that lie on others and have no XDP.
var stackedNames = []string{"vlan", "bridge", "macvlan", "macvtap", "ipvlan", "ipvtap", "team", "vxlan", "geneve", "dummy", "ifb", "gretap",
	"ip6gretap", "macsec", "openvswitch"}

// device tells what it is, if it is no card.
func device(e *Env) (found []Finding) {
	const name = "device"
	d := e.Device
	if d.Master != "" {
		found = append(found, warnf(name, "xsweep check -i "+d.Master, "%s belongs to %s, which has the addresses and the routes", d.Name, d.Master))
	}
	if d.HasFiles && e.exists("sys/class/net/"+d.Name+"/phy80211") {
		found = append(found, warnf(name, "", "wireless: no XDP, low rates, and losses that nobody counts"))
	}
	switch {
	case d.Kind == "vlan" && d.Parent != "":
		found = append(found, warnf(name, e.byParent(), "a VLAN device has no XDP: tag the frames yourself, and send by %s", d.Parent))
	case slices.Contains(stackedNames, d.Kind):
		found = append(found, warnf(name, "ip -details link show "+d.Name, "a device of kind %s has no XDP: send by the card below it", d.Kind))
	case d.Kind == "bond":
		found = append(found, okf(name, "a bond has the XDP that all its members have, and no zero-copy"))
	}
	return found
}

// byParent is the way of a VLAN device's frames without it.
func (e *Env) byParent() string {
	command := fmt.Sprintf("xsweep -i %s --vlan %d", e.Device.Parent, e.Device.VLAN)
	if p := e.Path; p != nil && p.HasGateway && p.Known() {
		command += fmt.Sprintf(" -S %v -G %v", addrText(p.Source[0]), macText(p.NextHopMAC))
	}
	return command
}
