package scan

import (
	"sync/atomic"
	"time"

	"github.com/xsweep/xsweep/output"
)

// flushEvery is how long a row waits in memory at most: half of what is promised, a second.
const flushEvery = 500 * time.Millisecond

// Output takes the rows of a scan, as an *output.Group does. It is called by one goroutine, once per answer: not per
// probe, so that an interface costs nothing that could be measured.
type Output interface {
	Write(*output.Record) error // an error is final
	Flush() error               // called twice a second
	Rows() uint64               // records that became rows
}

// A collector takes the batches of all receivers, marks repeats and writes rows. It is one goroutine, so that the
// answers of a target are compared wherever they came in.
type collector struct {
	in         chan *answers
	back       chan *answers
	out        Output
	dedup      dedup
	maxResults uint64
	n          *collectorCounters
	full       chan struct{} // closed when maxResults rows are written
	failed     chan error    // the first error of the output
}

// collectorCounters has one writer; all may read.
type collectorCounters struct {
	_           [cacheLine]byte
	synacks     atomic.Uint64 // SYN-ACKs, repeats included
	lateSYNACKs atomic.Uint64 // those of them that came after the last probe
	hits        atomic.Uint64 // SYN-ACKs, repeats excluded
	late        atomic.Uint64 // those of them that came after the last probe
	repeats     atomic.Uint64 // answers seen before, of any class
	closed      atomic.Uint64 // RSTs, repeats excluded
	icmp        atomic.Uint64 // ICMP errors, repeats excluded
	collected   atomic.Uint64 // answers of any kind
	rows        atomic.Uint64 // that passed the output's filter
	lost        atomic.Uint64 // answers that came after the output had failed
	_           [cacheLine]byte
}

func newCollector(receivers int, out Output, cfg *Config) *collector {
	// Enough batches that a receiver goes on while the collector waits for the disk: some 40,000 answers each, 4.6 MB.
	batches := 160 * receivers
	c := &collector{
		in: make(chan *answers, batches), back: make(chan *answers, batches),
		out: out, dedup: newDedup(cfg), maxResults: cfg.MaxResults, n: new(collectorCounters),
		full: make(chan struct{}), failed: make(chan error, 1),
	}
	for range batches {
		c.back <- new(answers)
	}
	return c
}

// run collects until in is closed.
func (c *collector) run() {
	flush := time.NewTicker(flushEvery)
	defer flush.Stop()
	for {
		select {
		case batch, ok := <-c.in:
			if !ok {
				_ = c.check(c.out.Flush())
				return
			}
			for i := range batch.n {
				c.take(&batch.records[i])
			}
			batch.n = 0 // here, so that no receiver gets one with answers in it, its first included
			c.back <- batch
		case <-flush.C:
			_ = c.check(c.out.Flush())
		}
	}
}

func (c *collector) take(r *output.Record) {
	r.Repeat = c.dedup.seen(r.Saddr, r.Sport, r.Class)
	c.count(r)
	rows := c.out.Rows()
	if c.maxResults > 0 && rows >= c.maxResults {
		return
	}
	if c.check(c.out.Write(r)) != nil {
		c.n.lost.Add(1)
		return
	}
	if after := c.out.Rows(); after != rows {
		c.n.rows.Store(after)
		if after == c.maxResults {
			close(c.full)
		}
	}
}

func (c *collector) count(r *output.Record) {
	c.n.collected.Add(1)
	if r.Class == output.SYNACK {
		c.n.synacks.Add(1)
		if r.Cooldown {
			c.n.lateSYNACKs.Add(1)
		}
	}
	switch {
	case r.Repeat:
		c.n.repeats.Add(1)
	case r.Class == output.SYNACK:
		c.n.hits.Add(1)
		if r.Cooldown {
			c.n.late.Add(1)
		}
	case r.Class == output.RST:
		c.n.closed.Add(1)
	default:
		c.n.icmp.Add(1)
	}
}

// check reports the first error of the output and returns whatever it was given.
func (c *collector) check(err error) error {
	if err != nil {
		select {
		case c.failed <- err:
		default:
		}
	}
	return err
}
