package scan

import (
	"sync/atomic"
	"time"

	"github.com/xsweep/xsweep/blocklist"
	"github.com/xsweep/xsweep/packet"
)

// A generator makes the probes of one sender: positions from the work, the indices there, their targets, the cookies of
// those. It goes about it by the block, each step for all of a block, so that what one target waits for (a product, the
// memory) is hidden by the others. It allocates nothing.
//
// While it makes probes of one block, it has the memory bring what the next block will read.
type generator struct {
	work    *work
	order   *Permutation
	space   *Space
	exclude *atomic.Pointer[blocklist.Set] // addresses not to be probed any more, nil for none
	sources []source
	ports   PortRange
	probes  int // per target, back to back

	unit   unit    // being walked
	walker Walker  // over it
	ahead  indices // walked
	block  block   // being made into probes

	made     uint64 // targets of the unit that got their probes
	excluded uint64 // targets left out since the start
}

const (
	blockSize = 256
	groupSize = 32 // a multiple of the lanes of cookies, and about as many loads as memory has under way at once
)

// indices are the targets of the next block, as numbers.
type indices struct {
	n     int
	unit  unit
	last  bool // of its unit
	valid bool // else there is no next block yet
	at    [blockSize]uint64
}

// block is targets on their way to be probes: those from used to n-1 are still to be made.
type block struct {
	used, n  int
	unit     unit
	last     bool
	messages [blockSize]uint64 // for their cookies
}

// fill writes the next probes into batch and returns how many: whole targets only, so that batch must have room for
// the probes of one. Where there are none, wait is how long until it is worth asking again; at the end it is 0.
func (g *generator) fill(batch []packet.Probe, now time.Duration) (n int, wait time.Duration) {
	exclude := g.exclude.Load()
	for len(batch)-n >= g.probes {
		if g.block.used == g.block.n {
			if wait = g.advance(now); g.block.n == 0 {
				break
			}
		}
		targets := min(g.block.n-g.block.used, (len(batch)-n)/g.probes, groupSize)
		n += g.make(batch[n:], targets, exclude)
	}
	if n > 0 {
		return n, 0
	}
	return 0, wait
}

// advance begins the next block that has targets, if there is one; wait is as in work.claim.
func (g *generator) advance(now time.Duration) (wait time.Duration) {
	for {
		g.finish(now)
		if !g.ahead.valid {
			if wait = g.look(now); !g.ahead.valid {
				return wait
			}
		}
		next := &g.ahead
		g.block.used, g.block.n, g.block.unit, g.block.last = 0, next.n, next.unit, next.last
		g.space.AtBatch(g.block.messages[:], next.at[:next.n])
		g.look(now)
		if g.block.n > 0 {
			return 0
		}
	}
}

// finish reports the unit of which the block was the last.
func (g *generator) finish(now time.Duration) {
	if g.block.last {
		g.work.done(g.block.unit, g.made, now)
		g.made = 0
	}
	g.block.n, g.block.used, g.block.last = 0, 0, false
}

// look walks to the next block, in the next unit if need be.
func (g *generator) look(now time.Duration) (wait time.Duration) {
	g.ahead.valid = false
	if g.walker.Left() == 0 {
		next, ok, wait := g.work.claim(now)
		if !ok {
			return wait
		}
		g.unit, g.walker = next, g.order.Walk(next.from, next.to)
	}
	g.ahead.n = g.walker.Next(g.ahead.at[:])
	g.ahead.unit, g.ahead.last, g.ahead.valid = g.unit, g.walker.Left() == 0, true
	return 0
}

// make turns the next targets of the block, groupSize at most, into probes, but for those that are excluded.
func (g *generator) make(batch []packet.Probe, targets int, exclude *blocklist.Set) (n int) {
	b := &g.block
	messages := b.messages[b.used:][:targets]
	if ahead := &g.ahead; b.used < ahead.n {
		g.space.prefetch(ahead.at[b.used:min(b.used+targets, ahead.n)])
	}
	b.used += targets
	if exclude != nil {
		messages = messages[:g.permit(messages, exclude)]
	}
	g.made += uint64(len(messages))
	if len(g.sources) > 1 || g.probes > 1 {
		return g.makeEach(batch, messages, b.unit.pass)
	}
	var cookies [groupSize]uint64
	s := &g.sources[0]
	s.cookies(cookies[:], messages)
	s.writeAll(batch[:len(messages)], messages, cookies[:], g.ports, b.unit.pass)
	return len(messages)
}

// makeEach is the rest of make where targets differ in more than address and port.
func (g *generator) makeEach(batch []packet.Probe, messages []uint64, pass int) (n int) {
	for _, m := range messages {
		addr, port := targetOf(m)
		s := g.sourceFor(addr)
		c := s.hash(m)
		for k := range g.probes {
			s.write(&batch[n], addr, port, c, g.ports, pass+k)
			n++
		}
	}
	return n
}

// permit moves the targets that are not excluded to the front and returns how many they are.
func (g *generator) permit(messages []uint64, exclude *blocklist.Set) (n int) {
	for _, m := range messages {
		if addr, _ := targetOf(m); !exclude.Contains(addr) {
			messages[n] = m
			n++
		}
	}
	g.excluded += uint64(len(messages) - n)
	return n
}

// sourceFor spreads targets over our addresses; a target always meets the same one.
func (g *generator) sourceFor(target uint32) *source {
	if len(g.sources) == 1 {
		return &g.sources[0]
	}
	const golden = 0x9e3779b1 // 2^32 divided by the golden ratio: Fibonacci hashing
	return &g.sources[uint64(target*golden)*uint64(len(g.sources))>>32]
}
