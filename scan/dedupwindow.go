package scan

import (
	"math/bits"
	"math/rand/v2"
	"sort"

	"github.com/xsweep/xsweep/output"
)

// dedupWindow remembers the last so many different answers. One that comes again is young again, as in ZMap, so that a
// target which never stops answering is one answer and pushes no other out. All memory is there from the beginning: 24
// bytes an answer, and 8 to 16 to find it by.
type dedupWindow struct {
	nodes   []dedupNode // by number, from 1: 0 is none, and the ring's beginning
	used    uint32      // nodes in use
	buckets []uint32    // first node of each chain of equal hashes; a power of two
	shift   uint8       // of a hash, to number a bucket
	seed    uint64      // of mix
}

// dedupNode is an answer, in a ring by age and in the chain of its bucket.
type dedupNode struct {
	key          uint64
	newer, older uint32
	chain        uint32 // next in the bucket
}

const nodeBytes, bucketBytes = 24, 4

// bucketBits makes twice as many buckets as nodes, or up to twice that.
func bucketBits(size int) int { return bits.Len(uint(2*size - 1)) }

// windowBytes is the memory of a window.
func windowBytes(size int) uint64 { return nodeBytes*uint64(size+1) + bucketBytes<<bucketBits(size) }

// windowWithin is the largest window, up to MaxDedupWindow, that fits into so many bytes; 1 where none does.
func windowWithin(limit uint64) int {
	return max(sort.Search(MaxDedupWindow, func(n int) bool { return windowBytes(n+1) > limit }), 1)
}

func newDedupWindow(size int) *dedupWindow {
	width := bucketBits(size)
	return &dedupWindow{
		nodes: make([]dedupNode, size+1), buckets: make([]uint32, 1<<width), shift: uint8(64 - width), seed: rand.Uint64(),
	}
}

func (w *dedupWindow) seen(addr uint32, port uint16, class output.Class) bool {
	key := answerKey(addr, port, class)
	bucket := &w.buckets[mix(key, w.seed)>>w.shift]
	for at := *bucket; at != 0; at = w.nodes[at].chain {
		if w.nodes[at].key == key {
			w.unlink(at)
			w.link(at)
			return true
		}
	}
	at := w.free()
	w.nodes[at].key, w.nodes[at].chain = key, *bucket
	*bucket = at
	w.link(at)
	return false
}

// free returns a node to use: one that never was, or the oldest.
func (w *dedupWindow) free() uint32 {
	if int(w.used)+1 < len(w.nodes) {
		w.used++
		return w.used
	}
	oldest := w.nodes[0].newer
	w.unlink(oldest)
	link := &w.buckets[mix(w.nodes[oldest].key, w.seed)>>w.shift]
	for *link != oldest {
		link = &w.nodes[*link].chain
	}
	*link = w.nodes[oldest].chain
	return oldest
}

// link makes a node the newest.
func (w *dedupWindow) link(at uint32) {
	newest := w.nodes[0].older
	w.nodes[at].older, w.nodes[at].newer = newest, 0
	w.nodes[newest].newer, w.nodes[0].older = at, at
}

func (w *dedupWindow) unlink(at uint32) {
	n := &w.nodes[at]
	w.nodes[n.newer].older, w.nodes[n.older].newer = n.older, n.newer
}
