package preflight

import (
	"errors"
	"net"
	"net/netip"
	"strings"

	"github.com/xsweep/xsweep/blocklist"
	"github.com/xsweep/xsweep/internal/nexthop"
)

// way judges the route to the targets, the source address and the gateway.
func way(e *Env) []Finding {
	if e.PathErr != nil {
		return noWay(e)
	}
	p := e.Path
	found := []Finding{okf("route", "%s", p.How)}
	for _, w := range p.Warnings {
		found = append(found, warnf("route", "", "%s", w))
	}
	gateway := addrText(p.Gateway).String()
	switch {
	case !p.HasGateway:
		found = append(found, okf("gateway", "none: the targets are on the link, and each is asked for its address by ARP"))
	case p.Known():
		found = append(found, okf("gateway", "%s is %s (%s)", gateway, macText(p.NextHopMAC), p.Learned))
	case strings.Contains(p.Learned, "did not answer"):
		found = append(found, warnf("gateway", "ping -c 1 "+gateway, "%s did not answer ARP lately: a scan asks again, and ends if it stays silent", gateway))
	default:
		found = append(found, unknownf("gateway", "the address of %s on the link is not known yet: a scan asks for it by ARP", gateway))
	}
	return found
}

// noWay says why there is none. What is wrong with an interface that is there, link says.
func noWay(e *Env) []Finding {
	err := e.PathErr
	switch {
	case errors.Is(err, nexthop.ErrNoInterface):
		return []Finding{fatalf("interface", "ip -brief link", "%v", err)}
	case e.Device != nil && (errors.Is(err, nexthop.ErrDown) || errors.Is(err, nexthop.ErrNoCarrier) ||
		errors.Is(err, nexthop.ErrLoopback) || errors.Is(err, nexthop.ErrNotEthernet)):
		return []Finding{unknownf("route", "not looked at: the interface cannot be used")}
	case errors.Is(err, nexthop.ErrNoAddress):
		return []Finding{fatalf("source", "sudo ip address add ADDRESS/LENGTH dev "+e.interfaceName(), "%v", err)}
	case errors.Is(err, nexthop.ErrNoRoute):
		dev := ""
		if name := e.interfaceName(); name != "" {
			dev = " dev " + name
		}
		return []Finding{fatalf("route", "sudo ip route add default via GATEWAY"+dev, "%v", err)}
	case errors.Is(err, nexthop.ErrLocal):
		return []Finding{fatalf("route", "", "%v: a host cannot scan itself, take its own addresses out of the targets", err)}
	case errors.Is(err, nexthop.ErrSplit):
		return []Finding{fatalf("route", "xsweep check -i NAME", "%v: scan them one interface at a time", err)}
	}
	return []Finding{fatalf("route", "", "%v", err)}
}

func addrText(a uint32) netip.Addr { return blocklist.ToAddr(a) }

func macText(mac [6]byte) string { return net.HardwareAddr(mac[:]).String() }
