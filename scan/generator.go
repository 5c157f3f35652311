package scan

import "github.com/xsweep/xsweep/packet"

// A generator makes the probes of one sender: the next index of its part of the permutation, the target there, the
// cookie of that target. It allocates nothing.
type generator struct {
	walker  Walker
	space   *Space
	sources []source
	ports   PortRange
	probes  int    // per target
	quota   *quota // shared by all senders; nil means no limit
}

// fill writes the next probes into batch and returns how many: whole targets only, so that batch must have room for
// the probes of one. It returns 0 when there are no more.
func (g *generator) fill(batch []packet.Probe) int {
	// Not more than there are positions: what one sender claims and cannot use, another misses.
	room := g.quota.claim(int(min(uint64(len(batch)/g.probes), g.walker.Left())))
	n, targets := 0, 0
	walker := g.walker // in registers, where one step does not wait for the last one's store
	for targets < room {
		index, ok := walker.Next()
		if !ok {
			break
		}
		addr, port := g.space.At(index)
		s := g.sourceFor(addr)
		for k := range g.probes {
			s.put(&batch[n], addr, port, g.ports, k)
			n++
		}
		targets++
	}
	g.walker = walker
	g.quota.giveBack(room - targets)
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
