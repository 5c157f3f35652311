package scan

import "github.com/xsweep/xsweep/output"

// dedup remembers which answers have been seen: the same class of answer from the same target is a repeat. It is exact
// for any number of ports and takes 11 to 22 bytes per answering target: a hash table of one word each, open
// addressing, at most three quarters full.
type dedup struct {
	slots []uint64 // key + 1, or 0 for an empty slot
	used  int
}

const (
	dedupStart = 1 << 12 // slots; a power of two
	mixer      = 0x9e3779b97f4a7c15
)

func newDedup() *dedup { return &dedup{slots: make([]uint64, dedupStart)} }

// seen records an answer and tells whether it was there before.
func (d *dedup) seen(addr uint32, port uint16, class output.Class) bool {
	if d.used >= len(d.slots)/4*3 {
		d.grow()
	}
	key := uint64(class)<<48 | uint64(addr)<<16 | uint64(port)
	slot, found := d.find(key + 1)
	if !found {
		d.slots[slot] = key + 1
		d.used++
	}
	return found
}

// find returns the slot that holds entry, or the empty one where it belongs.
func (d *dedup) find(entry uint64) (slot int, found bool) {
	mask := uint64(len(d.slots) - 1)
	for at := entry * mixer >> 16 & mask; ; at = (at + 1) & mask {
		switch d.slots[at] {
		case entry:
			return int(at), true
		case 0:
			return int(at), false
		}
	}
}

func (d *dedup) grow() {
	old := d.slots
	d.slots = make([]uint64, 2*len(old))
	for _, entry := range old {
		if entry != 0 {
			slot, _ := d.find(entry)
			d.slots[slot] = entry
		}
	}
}
