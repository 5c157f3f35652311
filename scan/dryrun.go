package scan

import (
	"iter"

	"github.com/xsweep/xsweep/packet"
)

// Probes yields, batch by batch and as fast as the caller takes them, what Run would send: the same targets in the
// order of a single sender, cfg.MaxTargets included. Nothing is opened, resolved or sent; of the network, cfg needs
// only Sources. A batch is valid until the next one.
func Probes(cfg Config) (iter.Seq[[]packet.Probe], error) {
	s, err := prepare(cfg)
	if err != nil {
		return nil, err
	}
	return func(yield func([]packet.Probe) bool) {
		g := s.generator(0, 1, newQuota(s.cfg.MaxTargets))
		batch := make([]packet.Probe, batchSize)
		for n := g.fill(batch); n > 0; n = g.fill(batch) {
			if !yield(batch[:n]) {
				return
			}
		}
	}, nil
}
