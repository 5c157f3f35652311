package scan

import (
	"math/bits"

	"github.com/xsweep/xsweep/output"
)

// dedupTables remembers all answers, in 11 to 15 bytes each.
//
// It is many small hash tables instead of a large one, so that the collector never stops for long while one grows:
// receive rings do not wait. With a hundred million answers, a table takes 2 ms to move.
type dedupTables struct {
	tables  [numDedupTables]dedupTable
	touched uint64
}

// dedupTable is a hash table of one word per entry: open addressing, linear probing. An entry belongs near the slot that
// its hash, taken for a fraction, points to. So any number of slots will do, and a table that grows is read and written
// from front to back.
type dedupTable struct {
	slots []uint64 // keys, 0 for an empty slot
	used  int
}

const (
	numDedupTables = 1024
	dedupStart     = 16 // slots of a table at first

	// A table is full at 3/4, where a key that is not there takes 8 looks on average, next to each other. It then grows
	// by 2/5, to be 54 % full: 14.9 bytes an entry are the most there are.
	fullNumerator, fullDenominator = 3, 4
	growNumerator, growDenominator = 7, 5
)

func newDedupTables() *dedupTables {
	d := new(dedupTables)
	for i := range d.tables {
		d.tables[i].slots = make([]uint64, dedupStart)
	}
	return d
}

func (d *dedupTables) seen(addr uint32, port uint16, class output.Class) bool {
	key := answerKey(addr, port, class)
	hash := mix(key)
	return d.tables[hash>>54].add(key, hash<<10) // the upper bits choose the table, those below the slot
}

// add tells whether the key was there before, and puts it there.
func (t *dedupTable) add(key, hash uint64) (found bool) {
	slot, found := t.find(key, hash)
	if found {
		return true
	}
	if t.used >= len(t.slots)/fullDenominator*fullNumerator {
		t.grow()
		slot, _ = t.find(key, hash)
	}
	t.slots[slot] = key
	t.used++
	return false
}

// find returns the slot that holds the key, or the empty one where it belongs.
func (t *dedupTable) find(key, hash uint64) (slot int, found bool) {
	at, _ := bits.Mul64(hash, uint64(len(t.slots)))
	for i := int(at); ; {
		switch t.slots[i] {
		case key:
			return i, true
		case 0:
			return i, false
		}
		if i++; i == len(t.slots) {
			i = 0
		}
	}
}

func (t *dedupTable) grow() {
	old := t.slots
	t.slots = make([]uint64, len(old)*growNumerator/growDenominator)
	for _, key := range old {
		if key != 0 {
			slot, _ := t.find(key, mix(key)<<10)
			t.slots[slot] = key
		}
	}
}
