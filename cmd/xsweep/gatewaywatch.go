package main

import (
	"log/slog"
	"net"

	"github.com/xsweep/xsweep/blocklist"
	"github.com/xsweep/xsweep/internal/nexthop"
)

// A gatewayWatch notices that the gateway has another link-layer address than the one that probes go to: another router has
// taken over, say. They go on as before, for whoever can change the neighbour table would else decide where they go; but
// they may reach nobody, and nothing else would tell.
type gatewayWatch struct {
	look    func() (mac [6]byte, ok bool, err error)
	gateway uint32
	sentTo  [6]byte
	last    [6]byte
	log     *slog.Logger
}

// newGatewayWatch is nil where there is no gateway, or where its address was given.
func newGatewayWatch(s *settings, log *slog.Logger) *gatewayWatch {
	if s.gateway == 0 || s.gatewayMAC != nil {
		return nil
	}
	look := func() ([6]byte, bool, error) { return nexthop.MACOf(s.scan.Ifindex, s.gateway) }
	to := s.scan.Link.DstMAC
	return &gatewayWatch{look: look, gateway: s.gateway, sentTo: to, last: to, log: log}
}

// check says so once for each change. That the table does not tell is none.
func (g *gatewayWatch) check() {
	if g == nil {
		return
	}
	mac, ok, err := g.look()
	if err != nil || !ok || mac == g.last {
		return
	}
	g.last = mac
	gateway, now, to := blocklist.ToAddr(g.gateway), net.HardwareAddr(mac[:]), net.HardwareAddr(g.sentTo[:])
	if mac == g.sentTo {
		g.log.Info("the gateway has the MAC address again that probes go to", "gateway", gateway, "mac", now)
		return
	}
	g.log.Warn("the gateway has another MAC address now: probes go to the old one as before, and may be lost from here on; "+
		"begin the scan again if they are", "gateway", gateway, "mac", now, "sent-to", to)
}
