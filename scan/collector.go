package scan

import (
	"errors"
	"iter"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/xsweep/xsweep/output"
)

// flushEvery is how long a row waits in memory at most: half of what is promised, a second.
const flushEvery = 500 * time.Millisecond

// Output takes the rows of a scan, as an *output.Group does. It is called by one goroutine, once per answer: not per
// probe, so that an interface costs nothing that could be measured.
type Output interface {
	Write(*output.Record) error // an error is final, unless it is output.ErrFull
	Flush() error               // called twice a second, and again after output.ErrFull
	Rows() uint64               // records that became rows, in earlier sessions of the scan, too
}

// A syncer is an Output that keeps rows back on Flush, and not on Sync, which is called at the end.
type syncer interface{ Sync() error }

// An interrupter is an Output that may wait for somebody, a reader of a pipe, and stops doing so soon after Interrupt,
// which is called by another goroutine when the scan is to end at once.
type interrupter interface{ Interrupt() }

// A collector takes the batches of all receivers, marks repeats and writes rows. It is one goroutine, so that the
// answers of a target are compared wherever they came in.
type collector struct {
	in         chan *answers
	back       chan *answers
	out        Output
	dedup      dedup
	maxResults uint64
	patience   time.Duration // see awaitRoom
	pause      *pause        // on while that waits
	log        *slog.Logger
	n          *collectorCounters
	keeper     Keeper        // nil for none
	mark       func() error  // answers a question about how far it is
	full       chan struct{} // closed when maxResults rows are written
	failed     chan error    // the first error of the output
	isOver     bool          // there was one
	abort      chan struct{} // closed when there is to be no more waiting
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
	filtered    atomic.Uint64 // answers that did not
	surplus     atomic.Uint64 // answers after the maximum number of results
	lost        atomic.Uint64 // answers that came after the output had failed
	_           [cacheLine]byte
}

func newCollector(receivers int, out Output, cfg *Config) *collector {
	// Enough batches that a receiver goes on while the collector waits for the disk: some 40,000 answers each, 4.6 MB.
	batches := 160 * receivers
	c := &collector{
		in: make(chan *answers, batches), back: make(chan *answers, batches),
		out: out, dedup: newDedup(cfg), maxResults: cfg.MaxResults, n: new(collectorCounters),
		patience: cfg.OutputPatience, pause: &pause{clock: newClock()}, log: cfg.Logger,
		full: make(chan struct{}), failed: make(chan error, 1), abort: make(chan struct{}),
	}
	if cfg.Dedup != DedupNone {
		c.keeper = cfg.Keeper
	}
	c.remember(cfg.Seen)
	c.n.rows.Store(out.Rows())
	if cfg.MaxResults > 0 && out.Rows() >= cfg.MaxResults {
		close(c.full)
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
				c.finish()
				return
			}
			if batch.marked != nil {
				batch.marked <- c.reach()
				continue
			}
			c.takeAll(batch.records[:batch.n])
			batch.n = 0 // here, so that no receiver gets one with answers in it, its first included
			c.back <- batch
		case <-flush.C:
			c.call(c.out.Flush)
		}
	}
}

// reach answers a question that has reached the collector. After an error of the output there is nothing to count on: it
// may have room again, and answers that came in between are in no row.
func (c *collector) reach() error {
	if c.isOver {
		return errRowsMissing
	}
	return c.mark()
}

var errRowsMissing = errors.New("rows are missing, which could not be written")

// giveUp has the collector, which goes on taking answers, not wait for the output any more. It is called by another
// goroutine, once.
func (c *collector) giveUp() {
	close(c.abort)
	if out, ok := c.out.(interrupter); ok {
		out.Interrupt()
	}
}

// finish has the output write what it still keeps.
func (c *collector) finish() {
	last := c.out.Flush
	if s, ok := c.out.(syncer); ok {
		last = s.Sync
	}
	c.call(last)
}

func (c *collector) takeAll(records []output.Record) {
	if tables, ok := c.dedup.(*dedupTables); ok {
		tables.touch(records)
	}
	for i := range records {
		c.take(&records[i])
	}
}

func (c *collector) take(r *output.Record) {
	r.Repeat = c.dedup.seen(r.Saddr, r.Sport, r.Class)
	c.count(r)
	rows := c.out.Rows()
	if c.maxResults > 0 && rows >= c.maxResults {
		c.n.surplus.Add(1)
		return
	}
	if c.isOver {
		c.n.lost.Add(1)
		return
	}
	if !c.write(r) {
		c.n.lost.Add(1)
		return
	}
	if c.keeper != nil && !r.Repeat {
		c.keeper.Seen(answerKey(r.Saddr, r.Sport, r.Class))
	}
	after := c.out.Rows()
	if after == rows {
		c.n.filtered.Add(1)
		return
	}
	c.n.rows.Store(after)
	if after == c.maxResults {
		close(c.full)
	}
}

// write gives an answer to the output, and tells whether that has it. One that found no room may have refused it: an
// output that found none for a checkpoint does, and is asked again.
func (c *collector) write(r *output.Record) bool {
	for rows := c.out.Rows(); ; {
		err := c.out.Write(r)
		accepted := err == nil || c.out.Rows() > rows
		if err != nil && !c.overcome(err, c.out.Flush) {
			return false
		}
		if accepted {
			return true
		}
	}
}

// remember has answers be repeats whose keys were seen before.
func (c *collector) remember(keys iter.Seq[uint64]) {
	if keys == nil {
		return
	}
	for key := range keys {
		c.dedup.seen(answerOf(key))
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

// call has the output flush, in one way or another, unless it has failed.
func (c *collector) call(flush func() error) {
	if c.isOver {
		return
	}
	if err := flush(); err != nil {
		c.overcome(err, flush)
	}
}

// overcome tells whether there is nothing left of an error of the output, after it has been asked again where that may
// help. If there is, it is reported, and the output is not called any more.
func (c *collector) overcome(err error, again func() error) bool {
	if err = c.awaitRoom(err, again); err == nil {
		return true
	}
	c.isOver = true
	c.failed <- err
	return false
}
