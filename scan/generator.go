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

	unit   unit   // being walked
	walker Walker // over it
	blocks [2]block
	block  *block // being made into probes
	ahead  *block // the next one

	pass     int    // of the last batch
	tally    tally  // of the unit being made into probes
	excluded uint64 // targets left out since the start, in the first pass
	made     uint64 // probes since the start, those excepted that were taken back
	finished []finished
}

// finished is a unit all of whose probes have been made, and may not have left.
type finished struct {
	unit
	tally
	made uint64 // generator.made when its last probe was
}

const (
	blockSize = 256
	groupSize = 24 // a multiple of the lanes of cookies, and no more loads than memory has under way at once
)

// block is a number of targets on their way to be probes.
type block struct {
	used, n  int // those from used to n-1 are still to be made
	unit     unit
	last     bool // of its unit
	isWalked bool // else there is no such block yet
	indices  [blockSize]uint64
	messages [blockSize]uint64 // for their cookies
}

func newGenerator(g generator) *generator {
	g.block, g.ahead = &g.blocks[0], &g.blocks[1]
	return &g
}

// patience is how many targets fill looks at, a millisecond's worth, before it returns with what it has. There are more
// to a batch only where nearly all are excluded, and then the caller must be able to look up from it.
const patience = 1 << 16

// fill writes the next probes, all of one pass, into batch and returns how many: whole targets only, so that batch must
// have room for the probes of one. Where there are none, wait is how long until it is worth asking again; at the end it is 0.
func (g *generator) fill(batch []packet.Probe, now time.Duration) (n int, wait time.Duration) {
	exclude := g.exclude.Load()
	for seen := 0; len(batch)-n >= g.probes; {
		if seen >= patience {
			wait = 1 // at once
			break
		}
		if g.block.used == g.block.n {
			if wait = g.advance(now); g.block.n == 0 {
				break
			}
		}
		if n > 0 && g.block.unit.pass != g.pass {
			break // the next batch is of that pass
		}
		g.pass = g.block.unit.pass
		targets := min(g.block.n-g.block.used, (len(batch)-n)/g.probes, groupSize)
		n += g.make(batch[n:], targets, exclude)
		seen += targets
	}
	if n > 0 {
		return n, 0
	}
	return 0, wait
}

// advance begins the next block that has targets, if there is one; wait is as in work.claim.
func (g *generator) advance(now time.Duration) (wait time.Duration) {
	for {
		g.finish()
		if !g.ahead.isWalked {
			if wait = g.look(now); !g.ahead.isWalked {
				return wait
			}
		}
		g.block, g.ahead = g.ahead, g.block
		b := g.block
		g.space.resolve(b.messages[:b.n], b.indices[:b.n])
		g.look(now)
		if b.n > 0 {
			return 0
		}
	}
}

// finish leaves the block empty, and the unit of which it was the last to left.
func (g *generator) finish() {
	if g.block.last {
		g.finished = append(g.finished, finished{g.block.unit, g.tally, g.made})
		g.tally = tally{}
	}
	g.block.used, g.block.n, g.block.last, g.block.isWalked = 0, 0, false, false
}

// look walks the block ahead, in the next unit if need be.
func (g *generator) look(now time.Duration) (wait time.Duration) {
	b := g.ahead
	b.used, b.n, b.isWalked = 0, 0, false
	if g.walker.Left() == 0 {
		next, ok, wait := g.work.claim(now)
		if !ok {
			return wait
		}
		g.unit, g.walker = next, g.order.Walk(next.from, next.to)
	}
	b.n = g.walker.Next(b.indices[:])
	b.unit, b.last, b.isWalked = g.unit, g.walker.Left() == 0, true
	g.space.split(b.messages[:b.n], b.indices[:b.n])
	return 0
}

// make turns the next targets of the block, groupSize at most, into probes, but for those that are excluded.
func (g *generator) make(batch []packet.Probe, targets int, exclude *blocklist.Set) (n int) {
	b := g.block
	messages := b.messages[b.used:][:targets]
	if b.used < g.ahead.n {
		g.space.prefetch(g.ahead.indices[b.used:min(b.used+targets, g.ahead.n)])
	}
	b.used += targets
	if exclude != nil {
		messages = messages[:g.permit(messages, exclude)]
	}
	g.tally.probed += uint64(len(messages))
	g.made += uint64(len(messages) * g.probes)
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
	if g.block.unit.pass == 0 {
		g.excluded += uint64(len(messages) - n)
		g.tally.excluded += uint64(len(messages) - n)
	}
	return n
}

// left says that the first gone of the probes made have left, for good: what the engine has taken and not sent is not
// among them. Units that are done by that go back to the work.
func (g *generator) left(gone uint64, now time.Duration) {
	n := 0
	for ; n < len(g.finished) && g.finished[n].made <= gone; n++ {
		g.work.done(g.finished[n].unit, g.finished[n].tally, now)
	}
	if n > 0 {
		g.finished = append(g.finished[:0], g.finished[n:]...)
	}
}

// allLeft is left for whoever sends what fill returns, or does not have to.
func (g *generator) allLeft(now time.Duration) { g.left(g.made, now) }

// takeBack makes probe number at, from 0, one that was never made, and moves the numbers of those behind it. It was of
// the last batch, and its target counts as excluded, also where another probe of it has left. isFirst says that it is the
// first one taken back of this target.
func (g *generator) takeBack(at uint64, isFirst bool) {
	of := &g.tally
	for i := len(g.finished) - 1; i >= 0 && g.finished[i].made > at; i-- {
		g.finished[i].made--
		of = &g.finished[i].tally
	}
	g.made--
	if isFirst && g.pass == 0 {
		g.excluded++
		of.probed--
		of.excluded++
	}
}

// sourceFor spreads targets over our addresses; a target always meets the same one.
func (g *generator) sourceFor(target uint32) *source {
	if len(g.sources) == 1 {
		return &g.sources[0]
	}
	const golden = 0x9e3779b1 // 2^32 divided by the golden ratio: Fibonacci hashing
	return &g.sources[uint64(target*golden)*uint64(len(g.sources))>>32]
}
