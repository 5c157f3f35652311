package scan

import "github.com/xsweep/xsweep/output"

// dedup remembers which answers have been seen: the same class of answer from the same target is a repeat. It is exact
// for any number of ports and takes 11 to 22 bytes per answering target.
//
// It is many small hash tables instead of a large one, so that the collector never stops for long while one grows: a
// table of a million entries takes 20 ms to move, and receive rings do not wait.
type dedup struct{ tables [dedupTables]dedupTable }

// dedupTable is a hash table of one word per entry: open addressing, linear probing, at most three quarters full.
type dedupTable struct {
	slots []uint64 // key + 1, or 0 for an empty slot
	used  int
}

const (
	dedupTables = 256
	dedupStart  = 64 // slots of a table; a power of two
	mixer       = 0x9e3779b97f4a7c15
)

func newDedup() *dedup {
	d := new(dedup)
	for i := range d.tables {
		d.tables[i].slots = make([]uint64, dedupStart)
	}
	return d
}

// seen records an answer and tells whether it was there before.
func (d *dedup) seen(addr uint32, port uint16, class output.Class) bool {
	entry := (uint64(class)<<48 | uint64(addr)<<16 | uint64(port)) + 1
	hash := entry * mixer
	return d.tables[hash>>56].add(entry, hash)
}

// add tells whether the entry was there before, and puts it there.
func (t *dedupTable) add(entry, hash uint64) (found bool) {
	if t.used >= len(t.slots)/4*3 {
		t.grow()
	}
	slot, found := t.find(entry, hash)
	if !found {
		t.slots[slot] = entry
		t.used++
	}
	return found
}

// find returns the slot that holds entry, or the empty one where it belongs. The upper bits of the hash have chosen the
// table; those below choose the slot.
func (t *dedupTable) find(entry, hash uint64) (slot uint64, found bool) {
	mask := uint64(len(t.slots) - 1)
	for at := hash >> 20 & mask; ; at = (at + 1) & mask {
		switch t.slots[at] {
		case entry:
			return at, true
		case 0:
			return at, false
		}
	}
}

func (t *dedupTable) grow() {
	old := t.slots
	t.slots = make([]uint64, 2*len(old))
	for _, entry := range old {
		if entry != 0 {
			slot, _ := t.find(entry, entry*mixer)
			t.slots[slot] = entry
		}
	}
}
