package scan

import (
	"encoding/binary"
	"hash/maphash"
	"time"

	"github.com/xsweep/xsweep/packet"
)

// A resetLimit keeps anybody from using us to send RSTs to somebody. The first SYN-ACK of a flow is always answered:
// there are no more of those than probes. A flow that has been answered and repeats its SYN-ACK has lost our RST, or
// belongs to someone who replays what he has seen; how many RSTs those get together is limited by their address.
//
// The bound: one receiver sends to one address one RST per flow, and beyond that no more than resetBurst at once and
// one every resetEvery. That is enough for a host that lost our RST: it repeats itself after 1, 3, 7 and 15 s. A NIC
// has all packets of a flow come in by one queue, so that a flow has one receiver, and an address at most as many as there
// are queues. The 65,536 flows answered last are known, as many as an address has ports; the next 200,000 more and more
// seldom, and one that is forgotten would be answered anew. So who owns more targets than that, and replays all of their
// SYN-ACKs round and round, gets a RST for each, as from any host: never more than he sends, nor longer ones.
//
// It is for one goroutine, takes 1.3 MB once both tables are full, and does not allocate. Where in them flows and
// addresses are is nobody else's knowledge: the hash has a random seed.
type resetLimit struct {
	seed   maphash.Seed
	flows  [][flowsPerSet]uint32 // parts of the hashes of flows that were answered, the first ones of a set; 0 for none
	victim uint8                 // place in a full set that the next one takes
	quotas [][quotasPerSet]quota

	touched uint32
}

// quota is what an address has used of its RSTs for repeats: as many as would have gone at the steady rate by then. Once
// that is past, there is nothing to know about it.
type quota struct {
	addr uint32
	then time.Duration // on the scan's clock
}

const (
	resetFlows  = 1 << 18 // places: a set of 65,536 flows of which 17 are in one of its 16,384 sets is one in fifty
	resetQuotas = 1 << 14 // addresses that have got a RST for a repeat in the last resetBurst seconds

	flowsPerSet  = 16 // a cache line of them
	quotasPerSet = 4  // likewise

	resetBurst = 4
	resetEvery = time.Second
)

func newResetLimit() *resetLimit {
	return &resetLimit{
		seed:   maphash.MakeSeed(),
		flows:  make([][flowsPerSet]uint32, resetFlows/flowsPerSet),
		quotas: make([][quotasPerSet]quota, resetQuotas/quotasPerSet),
	}
}

// A flowPlace is where a flow that has not been answered will be remembered.
type flowPlace struct {
	slot *uint32 // nil for a flow that has been answered
	mark uint32
}

// allows tells whether a SYN-ACK that conn would reset may be answered at this time. Once it is, sent is told.
func (l *resetLimit) allows(conn *packet.Probe, now time.Duration) (flowPlace, bool) {
	place := l.place(conn)
	return place, place.slot != nil || l.spend(conn.Dst, now)
}

// touch has the memory bring what place will look at, for many flows at a time: alone, each would wait for it.
func (l *resetLimit) touch(conns []packet.Probe) {
	sum := uint32(0)
	for i := range conns {
		sum += l.set(l.flow(&conns[i]))[0]
	}
	l.touched = sum // or the compiler would see that nothing comes of it
}

// place finds a flow. Two flows with the same mark, one time in a thousand million, are taken for one: that the second has
// been answered is not true then, and it depends on the quota.
func (l *resetLimit) place(conn *packet.Probe) flowPlace {
	flow := l.flow(conn)
	mark := max(uint32(flow>>32), 1)
	set := l.set(flow)
	for i := range set {
		switch set[i] {
		case mark:
			return flowPlace{}
		case 0:
			return flowPlace{&set[i], mark}
		}
	}
	l.victim = (l.victim + 1) % flowsPerSet
	return flowPlace{&set[l.victim], mark}
}

// flow is the hash of a flow.
func (l *resetLimit) flow(conn *packet.Probe) uint64 {
	return l.hash(uint64(conn.Src)<<32|uint64(conn.Dst), uint64(conn.SrcPort)<<16|uint64(conn.DstPort))
}

func (l *resetLimit) set(flow uint64) *[flowsPerSet]uint32 {
	return &l.flows[uint32(flow)%uint32(len(l.flows))]
}

// sent remembers that a flow has been answered.
func (l *resetLimit) sent(p flowPlace) {
	if p.slot != nil {
		*p.slot = p.mark
	}
}

func (l *resetLimit) hash(a, b uint64) uint64 {
	var key [16]byte
	binary.NativeEndian.PutUint64(key[:8], a)
	binary.NativeEndian.PutUint64(key[8:], b)
	return maphash.Bytes(l.seed, key[:])
}

// spend takes one RST from the quota of an address, if there is one left. An address that there is no room to remember
// has none: the bound holds whatever comes.
func (l *resetLimit) spend(addr uint32, now time.Duration) bool {
	set := &l.quotas[l.hash(uint64(addr), 0)%uint64(len(l.quotas))]
	var free *quota
	for i := range set {
		q := &set[i]
		if q.then <= now {
			free = q
			continue
		}
		if q.addr != addr {
			continue
		}
		if q.then-now > (resetBurst-1)*resetEvery {
			return false
		}
		q.then += resetEvery
		return true
	}
	if free == nil {
		return false
	}
	*free = quota{addr, now + resetEvery}
	return true
}
