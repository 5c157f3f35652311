package nexthop

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"
)

// DefaultTimeout bounds the wait for the gateway's answer. Linux asks three times, a second apart, before it gives up.
const DefaultTimeout = 4 * time.Second

// Request says what is known about the way already. The zero value of each field but Targets leaves it to Find.
type Request struct {
	Interface string // name of the interface to leave by (-i)

	// Source addresses of the probes (-S). The host need not own them. A single one that it does own takes part in
	// the route look-up, as it would for a socket bound to it.
	Source []uint32

	GatewayMAC net.HardwareAddr // where to send every frame (-G): no gateway is looked for and nothing is asked
	SourceMAC  net.HardwareAddr // default: the interface's

	// Targets is a sample of what will be scanned. The first that can be routed decides; the others are checked to
	// leave by the same way. It may be empty only if Interface and GatewayMAC are given.
	Targets []uint32

	Timeout time.Duration // for the gateway's answer, default DefaultTimeout

	look bool // and do not ask
}

// Path is the way of a scan.
type Path struct {
	Interface string
	Ifindex   int
	MTU       int // of the interface, in bytes, without Ethernet header

	// VLAN and ParentIfindex are set where Interface is an 802.1Q device (ip link add link eth0 type vlan). Frames
	// sent by Interface must not be tagged: the device does that.
	VLAN          uint16
	ParentIfindex int

	Source    []uint32 // as given, or the one that the kernel would choose
	SourceMAC [6]byte

	// HasGateway: sampled targets are behind Gateway, whose link-layer address is NextHopMAC. Gateway is 0 where
	// the route names an IPv6 gateway (ip route add … via inet6 …); How shows it.
	HasGateway bool
	Gateway    uint32

	// NextHopMAC is where frames go to, all zero if every sampled target is on the link. With GatewayMAC in the
	// Request it is that, whether or not there is a gateway.
	NextHopMAC [6]byte
	Learned    string // whence NextHopMAC is known, or why it is not (Look); empty where none is needed

	// OnLink: sampled targets are on the link itself, inside LinkPrefixes, and have a link-layer address each
	// (ResolveLink). Both OnLink and HasGateway are true where some are and others are not. With GatewayMAC in
	// the Request it is false: everything goes there.
	OnLink       bool
	LinkPrefixes []netip.Prefix

	How      string   // one line: what was chosen and where it comes from
	Warnings []string // what will probably not work, one line each
}

// Find returns the way to req.Targets. It asks the network only for a gateway that the neighbour table does not hold,
// and then for no longer than req.Timeout.
//
// Errors wrap one of the package's sentinel errors, or the cause of ctx, or an errno. It works in the network
// namespace of the calling thread. Safe for concurrent use.
func Find(ctx context.Context, req Request) (*Path, error) {
	if err := req.validate(); err != nil {
		return nil, err
	}
	k, err := openKernel()
	if err != nil {
		return nil, err
	}
	defer k.close()
	return find(ctx, k, req)
}

func (r *Request) validate() error {
	for _, mac := range []struct {
		name string
		addr net.HardwareAddr
	}{{"gateway", r.GatewayMAC}, {"source", r.SourceMAC}} {
		if mac.addr != nil && (len(mac.addr) != 6 || isZero(mac.addr)) {
			return fmt.Errorf("%s MAC address %q: not six bytes, or all zero", mac.name, mac.addr)
		}
	}
	if len(r.Targets) == 0 && (r.Interface == "" || r.GatewayMAC == nil) {
		return errors.New("no target to find a way to")
	}
	if r.Timeout < 0 {
		return fmt.Errorf("timeout %v: negative", r.Timeout)
	}
	return nil
}

func find(ctx context.Context, k kernel, req Request) (*Path, error) {
	way, err := findWay(k, req)
	if err != nil {
		return nil, err
	}
	attrs := way.link.Attrs()
	p := &Path{
		Interface:  attrs.Name,
		Ifindex:    attrs.Index,
		MTU:        attrs.MTU,
		SourceMAC:  [6]byte(attrs.HardwareAddr),
		HasGateway: way.gateway.IsValid(),
		Warnings:   way.warnings,
	}
	if req.GatewayMAC == nil {
		p.OnLink, p.LinkPrefixes = way.onLink, way.prefixes
	}
	p.VLAN, p.ParentIfindex = vlanOf(way.link)
	if way.gateway.Is4() {
		p.Gateway = hostOrder(way.gateway.AsSlice())
	}
	if req.SourceMAC != nil {
		p.SourceMAC = [6]byte(req.SourceMAC)
	}
	if p.Source, err = chooseSource(k, req, way); err != nil {
		return nil, err
	}
	hop, err := nextHop(ctx, k, req, way)
	if err != nil {
		return nil, err
	}
	p.NextHopMAC, p.Learned = hop.mac, hop.from
	p.How = describe(p, req, way, hop)
	return p, nil
}

func isZero(mac net.HardwareAddr) bool {
	return len(mac) == 6 && [6]byte(mac) == [6]byte{}
}
