package blocklist

import (
	"fmt"
	"iter"
	"math"
	"slices"
)

// portBits is the number of bits of a pair's key that are its port; the address is above them.
const portBits = 16

// Pairs is a list of distinct targets, each an address and a port, in ascending order of both. It never changes, so any
// number of goroutines may use it at once. The zero Pairs is empty.
//
// A Pairs takes 8 bytes a target, and a table of at most a sixteenth of that.
type Pairs struct {
	keys  []uint64 // pairKey of each, ascending
	table pairTable
}

// NewPairs returns the list of the targets whose keys, addr<<16 | port, are given, in any order and with doubles. It
// takes keys over, and sorts them in place: the caller must not use them again. It panics where a key has more than 48
// bits, and for 2^32 or more keys, which fill 32 GiB.
func NewPairs(keys []uint64) *Pairs {
	sortKeys(keys)
	return newSortedPairs(slices.Compact(keys))
}

// newSortedPairs is NewPairs for keys that are ascending, without doubles.
func newSortedPairs(keys []uint64) *Pairs {
	n := len(keys)
	if n == 0 {
		return &Pairs{}
	}
	if uint64(n) > math.MaxUint32 || keys[n-1]>>(32+portBits) != 0 {
		panic(fmt.Sprintf("blocklist: no Pairs of %d keys up to %#x", n, keys[n-1]))
	}
	inHugePages(keys)
	return &Pairs{keys: keys, table: newPairTable(keys)}
}

// pairKey orders targets by address, then by port.
func pairKey(addr uint32, port uint16) uint64 { return uint64(addr)<<portBits | uint64(port) }

// Len returns the number of targets.
func (p *Pairs) Len() uint64 { return uint64(len(p.keys)) }

// At returns target i, counted from 0 in ascending order. i must be less than Len; with any other index At panics, as a
// slice does.
func (p *Pairs) At(i uint64) (addr uint32, port uint16) {
	key := p.keys[i]
	return uint32(key >> portBits), uint16(key)
}

// AtBatch stores the key of target indexes[j], addr<<16 | port, in keys[j] for each j; keys must be at least as long as
// indexes, and may be the same slice. It is for the packet path: the loads of a batch, which all miss the cache in a long
// list, do not wait for each other, and hardly at all after Prefetch.
func (p *Pairs) AtBatch(keys, indexes []uint64) {
	all, keys := p.keys, keys[:len(indexes)]
	for j, i := range indexes {
		keys[j] = all[i]
	}
}

// Contains reports whether the target is in the list. It costs a look into the table and a short search, or for targets
// that crowd in few places a binary search.
func (p *Pairs) Contains(addr uint32, port uint16) bool {
	key := pairKey(addr, port)
	i := p.rank(key)
	return i < len(p.keys) && p.keys[i] == key
}

// rank returns the number of keys below key.
func (p *Pairs) rank(key uint64) int {
	from, to := p.table.bracket(key)
	for from < to {
		mid := int(uint(from+to) / 2)
		if p.keys[mid] < key {
			from = mid + 1
		} else {
			to = mid
		}
	}
	return from
}

// All yields the targets in ascending order.
func (p *Pairs) All() iter.Seq2[uint32, uint16] {
	return func(yield func(uint32, uint16) bool) {
		for i := range p.Len() {
			if !yield(p.At(i)) {
				return
			}
		}
	}
}

// Addrs returns the set of the addresses of the targets.
func (p *Pairs) Addrs() *Set {
	return build(joined(func(yield func(uint64) bool) {
		for addr := range p.All() {
			if !yield(rangeKey(Range{First: addr, Last: addr})) {
				return
			}
		}
	}))
}

// Ports returns the distinct ports of the targets in ascending order.
func (p *Pairs) Ports() []uint16 {
	var has [1 << portBits]bool
	for _, port := range p.All() {
		has[port] = true
	}
	var ports []uint16
	for port, ok := range has {
		if ok {
			ports = append(ports, uint16(port))
		}
	}
	return ports
}

// Minus returns the targets of p whose address is not in s: p itself where that is all of them.
func (p *Pairs) Minus(s *Set) *Pairs {
	kept := 0
	for keys := range p.outside(s) {
		kept += len(keys)
	}
	if kept == len(p.keys) {
		return p
	}
	rest := make([]uint64, 0, kept)
	for keys := range p.outside(s) {
		rest = append(rest, keys...)
	}
	return newSortedPairs(rest)
}

// outside yields the stretches of keys between the ranges of s.
func (p *Pairs) outside(s *Set) iter.Seq[[]uint64] {
	return func(yield func([]uint64) bool) {
		start := 0
		for r := range s.Ranges() {
			end := p.rank(pairKey(r.First, 0))
			if !yield(p.keys[start:end]) {
				return
			}
			start = p.rank(pairKey(r.Last, math.MaxUint16) + 1)
		}
		yield(p.keys[start:])
	}
}
