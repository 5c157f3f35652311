package nexthop

import (
	"iter"
	"math/bits"
)

// Table holds the link-layer addresses of hosts on the link. ResolveLink makes it; from then on it does not change,
// so that any number of goroutines may look up. The zero Table is empty.
type Table struct {
	// slots is a hash table with linear probing: a power of two, at most half of it used, so that a chain ends soon.
	// There is one for every address that was asked for: looking up the others ends at an empty slot.
	slots []slot
	shift uint8 // 64 - log2(len(slots))
	known int   // slots that have a link-layer address
}

type slot struct {
	addr  uint32
	mac   [6]byte
	state slotState
}

type slotState uint8

const (
	empty    slotState = iota
	asked              // no answer yet
	recalled           // from the kernel's table, where it was old: good unless an answer says otherwise
	answered           // by the host, or known to the kernel for certain
)

// newTable returns a table with room for n addresses.
func newTable(n int) *Table {
	log := max(bits.Len(uint(2*n)), 1) // 2n < 2^log: at most half full
	return &Table{slots: make([]slot, 1<<log), shift: uint8(64 - log)}
}

// find returns the slot of addr, or the empty one where it would go. The multiplier is 2^64 divided by the golden
// ratio: neighbouring addresses, the usual case on a link, land far apart.
func (t *Table) find(addr uint32) *slot {
	mask := uint64(len(t.slots) - 1)
	for i := uint64(addr) * 0x9e3779b97f4a7c15 >> t.shift; ; i++ {
		s := &t.slots[i&mask]
		if s.addr == addr || s.state == empty {
			return s
		}
	}
}

// Lookup returns the link-layer address of the host that has addr; ok is false if it did not answer or was not asked.
// It takes constant time and does not allocate.
func (t *Table) Lookup(addr uint32) (mac [6]byte, ok bool) {
	if t.known == 0 {
		return mac, false
	}
	s := t.find(addr)
	return s.mac, s.state >= recalled
}

// Len returns how many addresses have a link-layer address.
func (t *Table) Len() int { return t.known }

// All yields every known address with its link-layer address, in no particular order.
func (t *Table) All() iter.Seq2[uint32, [6]byte] {
	return func(yield func(uint32, [6]byte) bool) {
		for i := range t.slots {
			if s := &t.slots[i]; s.state >= recalled && !yield(s.addr, s.mac) {
				return
			}
		}
	}
}

// want makes addr one that is asked for, and reports whether it was not before.
func (t *Table) want(addr uint32) bool {
	s := t.find(addr)
	if s.state != empty {
		return false
	}
	s.addr, s.state = addr, asked
	return true
}

// learn enters an answer and reports whether it was asked for and is better than what was known. The first answer
// of a host stays, whatever is claimed later.
func (t *Table) learn(addr uint32, mac [6]byte, state slotState) bool {
	s := t.find(addr)
	if s.state == empty || s.state >= state {
		return false
	}
	if s.state == asked {
		t.known++
	}
	s.mac, s.state = mac, state
	return true
}

// settled reports whether there is nothing left to ask about addr.
func (t *Table) settled(addr uint32) bool { return t.find(addr).state == answered }
