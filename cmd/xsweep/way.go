package main

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/xsweep/xsweep/blocklist"
	"github.com/xsweep/xsweep/internal/nexthop"
)

// sampleSize is how many targets are looked up in the routing table to see that they leave by one way.
const sampleSize = 64

// findWay finds the interface, the source address and the next hop, and fills them into s.
func findWay(ctx context.Context, o *options, s *settings, log *slog.Logger) error {
	path, err := nexthop.Find(ctx, nexthop.Request{
		Interface: o.iface, Source: s.sources,
		GatewayMAC: s.gatewayMAC, SourceMAC: s.sourceMAC,
		Targets: s.targets.sample(sampleSize),
	})
	if err != nil {
		return err
	}
	for _, w := range path.Warnings {
		log.Warn(w)
	}
	log.Info(path.How)
	s.scan.Interface, s.scan.Ifindex = path.Interface, path.Ifindex
	s.scan.Sources = path.Source
	s.scan.Link.SrcMAC, s.scan.Link.DstMAC = path.SourceMAC, path.NextHopMAC
	s.gateway = path.Gateway
	if path.OnLink {
		return resolveLink(ctx, path, s, log)
	}
	return nil
}

// resolveLink asks the targets on the link for their link-layer addresses. Those that have none are not there: they are
// excluded, and the log says how many. They keep their places in the order, or a shard that met other hosts would be of
// another scan.
func resolveLink(ctx context.Context, path *nexthop.Path, s *settings, log *slog.Logger) error {
	var link []blocklist.Range
	for _, p := range path.LinkPrefixes {
		r, err := blocklist.Parse(p.String())
		if err != nil {
			return err
		}
		link = append(link, r)
	}
	targets := s.targets.addresses()
	onLink := targets.Intersect(blocklist.New(link...))
	if onLink.Len() > nexthop.MaxLinkTargets {
		return fmt.Errorf("%d targets are on the link of %s, each to be asked for its MAC: %w, at most %d",
			onLink.Len(), path.Interface, nexthop.ErrTooMany, nexthop.MaxLinkTargets)
	}
	log.Info("asking targets on the link for their MAC addresses", "addresses", onLink.Len())
	table, err := nexthop.ResolveLink(ctx, path, sample(onLink, onLink.Len()), nexthop.LinkOptions{})
	if err != nil {
		return err
	}
	log.Info("targets on the link", "answered", table.Len(), "silent", onLink.Len()-uint64(table.Len()))
	var present []blocklist.Range
	for addr := range table.All() {
		present = append(present, blocklist.Range{First: addr, Last: addr})
	}
	s.scan.Exclude = onLink.Minus(blocklist.New(present...))
	if s.scan.Exclude.Len() == targets.Len() {
		return fmt.Errorf("%w: none of the %d addresses on the link of %s answers ARP", errNoTargets, onLink.Len(),
			path.Interface)
	}
	s.scan.NextHop = table.Lookup
	return nil
}
