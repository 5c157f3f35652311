package scan

import (
	"iter"
	"time"

	"github.com/xsweep/xsweep/packet"
)

// DryRun is a scan that sends nothing: it opens, resolves and needs nothing. Of the network, its Config needs only
// Sources.
type DryRun struct{ scan *Scan }

// NewDryRun prepares one. The error is as that of Open where it is about cfg.
func NewDryRun(cfg Config) (*DryRun, error) {
	s, err := prepare(cfg)
	if err != nil {
		return nil, err
	}
	return &DryRun{s}, nil
}

// Probes yields, batch by batch and as fast as the caller takes them, what Run would send with a single sender: the same
// probes in the same order, those that come after Config.ProbeInterval after as many others as Config.Rate has due
// until then. A batch is valid until the next one.
func (d *DryRun) Probes() iter.Seq[[]packet.Probe] {
	return func(yield func([]packet.Probe) bool) {
		g := d.scan.generator(d.scan.work(1))
		batch := make([]packet.Probe, batchSize)
		limiter, now := newLimiter(d.scan.cfg.Rate), time.Duration(0)
		for {
			n, wait := g.fill(batch, now)
			switch {
			case n > 0 && !yield(batch[:n]), n == 0 && wait == 0:
				return
			}
			g.allLeft(now)
			// What is further off than the interval is as good as the interval, and fits a Duration at any rate.
			now += wait + time.Duration(min(float64(n)*limiter.interval, float64(d.scan.cfg.ProbeInterval)))
		}
	}
}

// Targets is the number of targets, as Scan.Targets has it.
func (d *DryRun) Targets() uint64 { return d.scan.Targets() }

// ID is that of the scan that it shows, as Scan.ID.
func (d *DryRun) ID() string { return d.scan.ID() }
