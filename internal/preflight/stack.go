package preflight

import "fmt"

// connectionTracking: those of a scan are not tracked, in both directions. But whoever scans by SSH needs that to work.
func connectionTracking(e *Env) []Finding {
	const name, dir = "conntrack", "proc/sys/net/netfilter/nf_conntrack_"
	if e.isWithout(dir + "max") {
		return []Finding{okf(name, "not in use")}
	}
	most, err := e.number(dir + "max")
	if err != nil {
		return []Finding{unreadable(name, err)}
	}
	count, err := e.number(dir + "count")
	if err != nil {
		return []Finding{unreadable(name, err)}
	}
	if most > 0 && count >= most*9/10 {
		return []Finding{warnf(name, fmt.Sprintf("sudo sysctl -w net.netfilter.nf_conntrack_max=%d", 4*most),
			"%d of %d connections: the host's own are refused when it is full", count, most)}
	}
	return []Finding{okf(name, "%d of %d connections; those of a scan are not tracked", count, most)}
}

// forwarding: a host that translates addresses for others does not know their connections by a socket.
func forwarding(e *Env) []Finding {
	const name = "forwarding"
	on, err := e.number("proc/sys/net/ipv4/ip_forward")
	if err != nil {
		return []Finding{unreadable(name, err)}
	}
	if on == 0 {
		return nil
	}
	return []Finding{warnf(name, "xsweep --pass-invalid",
		"this host forwards packets: if it translates addresses for others (containers, NAT), their answers look forged and are dropped while a scan runs, unless they are passed on")}
}

// reversePath matters to what the stack is to answer, which is nothing by default.
func reversePath(e *Env) []Finding {
	const name, dir = "rp_filter", "proc/sys/net/ipv4/conf/"
	all, err := e.number(dir + "all/rp_filter")
	if err != nil {
		return []Finding{unreadable(name, err)}
	}
	if e.Device != nil { // the greater of the two holds
		if own, err := e.number(dir + e.Device.Name + "/rp_filter"); err == nil {
			all = max(all, own)
		}
	}
	if all != 1 {
		return nil
	}
	return []Finding{okf(name, "strict; a scan receives before it, and only what is passed to the stack must have come by the interface of the route back")}
}
