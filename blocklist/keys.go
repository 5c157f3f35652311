package blocklist

import (
	"cmp"
	"iter"
	"slices"
)

// chunkKeys is the number of keys in a chunk of a keyList: 1 MiB.
const chunkKeys = 128 << 10

// keyList collects numbers of which the count is not known before. A slice that grows by append leaves copies of itself
// behind, several times the memory of the list; this one leaves nothing but the little first chunk's.
//
// It is a set: how often a number is in it says nothing. What repeats within a chunk is dropped, so that a gzip file of a
// megabyte that unpacks to one line a hundred million times takes no more memory than the line.
type keyList struct {
	full [][]uint64 // chunks of up to chunkKeys, more than half full
	last []uint64
}

func (l *keyList) add(key uint64) {
	if len(l.last) == chunkKeys {
		l.push()
	}
	l.last = append(l.last, key)
}

// push makes room in the last chunk, or begins another one.
func (l *keyList) push() {
	sortKeys(l.last) // as sort would do
	l.last = slices.Compact(l.last)
	if len(l.last) > chunkKeys/2 {
		l.full = append(l.full, l.last)
		l.last = make([]uint64, 0, chunkKeys)
	}
}

// join returns the keys as one slice, and leaves none in the list.
func (l *keyList) join() []uint64 {
	n := len(l.last)
	for _, chunk := range l.full {
		n += len(chunk)
	}
	keys := make([]uint64, 0, n)
	for i, chunk := range l.full {
		keys = append(keys, chunk...)
		l.full[i] = nil // for the garbage collector, while the next is copied
	}
	keys = append(keys, l.last...)
	*l = keyList{}
	return keys
}

// sort puts each chunk in order, so that ascending can merge them.
func (l *keyList) sort() {
	for _, chunk := range l.full {
		sortKeys(chunk)
	}
	sortKeys(l.last)
}

// ascending yields all keys in order, after sort. It needs no second copy of them, because it merges the chunks.
func (l *keyList) ascending() iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		runs := make(runHeap, 0, len(l.full)+1)
		for _, chunk := range l.full {
			runs = append(runs, run{head: chunk[0], rest: chunk[1:]})
		}
		if len(l.last) > 0 {
			runs = append(runs, run{head: l.last[0], rest: l.last[1:]})
		}
		slices.SortFunc(runs, func(a, b run) int { return cmp.Compare(a.head, b.head) }) // what is sorted is a heap
		for len(runs) > 0 {
			if !yield(runs[0].head) {
				return
			}
			runs = runs.advance()
		}
	}
}

// run is what is left of a sorted chunk.
type run struct {
	head uint64
	rest []uint64
}

// runHeap is a binary heap of runs, the one with the smallest head first.
type runHeap []run

// advance takes away the head of the first run, and restores the order.
func (h runHeap) advance() runHeap {
	if rest := h[0].rest; len(rest) > 0 {
		h[0] = run{head: rest[0], rest: rest[1:]}
	} else {
		h[0] = h[len(h)-1]
		h = h[:len(h)-1]
	}
	for i := 0; ; {
		child := 2*i + 1
		if child+1 < len(h) && h[child+1].head < h[child].head {
			child++
		}
		if child >= len(h) || h[i].head <= h[child].head {
			return h
		}
		h[i], h[child] = h[child], h[i]
		i = child
	}
}

// rangeKey packs a range so that sorting the keys sorts the ranges.
func rangeKey(r Range) uint64 { return uint64(r.First)<<32 | uint64(r.Last) }

// newFromKeys returns the set of the ranges whose rangeKey is in keys, which it sorts.
func newFromKeys(keys *keyList) *Set {
	keys.sort()
	return build(joined(keys.ascending()))
}

// joined yields the ranges packed into ascending keys as disjoint ranges.
func joined(keys iter.Seq[uint64]) iter.Seq[Range] {
	return func(yield func(Range) bool) {
		var open Range
		isOpen := false
		for key := range keys {
			r := Range{First: uint32(key >> 32), Last: uint32(key)}
			if isOpen && uint64(r.First) <= uint64(open.Last)+1 { // an overlap or a neighbour
				open.Last = max(open.Last, r.Last)
				continue
			}
			if isOpen && !yield(open) {
				return
			}
			open, isOpen = r, true
		}
		if isOpen {
			yield(open)
		}
	}
}
