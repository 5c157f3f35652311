package scan

import (
	"github.com/xsweep/xsweep/output"
	"github.com/xsweep/xsweep/packet"
)

// A validator decides whether a reply answers one of our probes. The XDP program has asked the same of its cookie;
// asking again costs little and holds even where frames reach the socket by another way. It asks more than the
// program does: the target must be one of the scan's.
type validator struct {
	key     Key
	sources map[uint32]source // by address
	only    source            // where there is just one
	ports   PortRange
	probes  int
	space   *Space
}

func newValidator(key Key, sources []source, ports PortRange, probes int, space *Space) *validator {
	v := &validator{key: key, ports: ports, probes: probes, space: space, sources: make(map[uint32]source)}
	for _, s := range sources {
		v.sources[s.addr] = s
	}
	v.only = sources[0]
	return v
}

// accept tells whether r is an answer to a probe, and which target's.
func (v *validator) accept(r *packet.Reply) (addr uint32, port uint16, ok bool) {
	switch r.Kind {
	case packet.SYNACK:
		ok = v.matches(r.Dst, r.Src, r.SrcPort, r.DstPort, r.Ack-1)
		return r.Src, r.SrcPort, ok
	case packet.RST:
		// A RST acknowledges the SYN, too; some stacks put the bare sequence number into it.
		ok = v.matches(r.Dst, r.Src, r.SrcPort, r.DstPort, r.Ack-1) ||
			v.matches(r.Dst, r.Src, r.SrcPort, r.DstPort, r.Ack)
		return r.Src, r.SrcPort, ok
	case packet.ICMP:
		q := &r.Quoted
		ok = r.Dst == q.Src && v.matches(q.Src, q.Dst, q.DstPort, q.SrcPort, q.Seq)
		return q.Dst, q.DstPort, ok
	}
	return 0, 0, false
}

// matches tells whether we sent a probe from us:ourPort to target:port with this sequence number.
func (v *validator) matches(us, target uint32, port, ourPort uint16, seq uint32) bool {
	s := &v.only
	if us != s.addr {
		other, ok := v.sources[us]
		if !ok {
			return false
		}
		s = &other
	}
	c := s.cookie(target, port)
	return c.seq() == seq && v.isPort(c, ourPort) && v.space.Contains(target, port)
}

// isPort tells whether port is one that the target's probes were sent from.
func (v *validator) isPort(c cookie, port uint16) bool {
	if port < v.ports.First || port > v.ports.Last {
		return false
	}
	ahead := int(port) - int(c.port(v.ports))
	if ahead < 0 {
		ahead += v.ports.Len()
	}
	return ahead < v.probes
}

// record turns an accepted reply into a row; repeat, and what holds for its whole batch, is for others to fill in.
func record(r *packet.Reply, addr uint32, port uint16, rec *output.Record) {
	*rec = output.Record{Saddr: addr, Daddr: r.Dst, Sport: port, IPID: r.ID, TTL: r.TTL, VLAN: r.VLAN}
	if r.Kind == packet.ICMP {
		rec.Class = output.ICMP
		rec.Dport = r.Quoted.SrcPort
		rec.ICMPResponder, rec.ICMPType, rec.ICMPCode = r.Src, r.ICMPType, r.ICMPCode
		return
	}
	rec.Class = output.RST
	if r.Kind == packet.SYNACK {
		rec.Class, rec.Success = output.SYNACK, true
	}
	rec.Dport = r.DstPort
	rec.Seqnum, rec.Acknum, rec.Window = r.Seq, r.Ack, r.Window
	recordOptions(r, rec)
}

// recordOptions fills in the TCP options of r, without their order.
func recordOptions(r *packet.Reply, rec *output.Record) {
	rec.HasMSS, rec.MSS = r.HasMSS, r.MSS
	rec.HasWScale, rec.WScale = r.HasWScale, r.WScale
	rec.HasSACKPerm = r.SACKPerm
	rec.HasTS, rec.TSVal, rec.TSEcr = r.HasTimestamp, r.TSVal, r.TSEcr
}
