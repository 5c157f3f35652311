package scan

import (
	"log/slog"
	"math/bits"
	"math/rand/v2"
	"sync/atomic"

	"github.com/xsweep/xsweep/output"
)

// dedupTables remembers all answers, in 11 to 15 bytes each, as long as they fit into the memory that it may take. After
// that it is a window: it forgets the oldest.
//
// It is many small hash tables instead of a large one, so that the collector never stops for long while one grows or
// forgets: receive rings do not wait. With a hundred million answers, a table takes 2 ms to move.
type dedupTables struct {
	tables  [numDedupTables]dedupTable
	seed    uint64 // of mix
	limit   uint64 // bytes; 0 for none
	log     *slog.Logger
	touched uint64
	window  atomic.Uint64 // answers that are remembered at least, more or less; 0 while all are. Anybody may read it
}

// dedupTable is a list of hash tables of one word per entry: open addressing, linear probing. An entry belongs near the
// slot that its hash, taken for a fraction, points to. So any number of slots will do, and a table that grows is read
// and written from front to back.
//
// There is a list only where memory is limited. Each table of it is a generation: those of before are not added to, and
// when there are as many as there may be, the oldest is emptied for the next.
type dedupTable struct {
	slots []uint64   // keys, 0 for an empty slot
	used  int        // of them
	older [][]uint64 // full tables, the youngest first
}

const (
	numDedupTables = 1024
	dedupStart     = 16 // slots of a table at first

	// A table is full at 3/4, where a key that is not there takes 8 looks on average, next to each other. It then grows
	// by 2/5, to be 54 % full: 14.9 bytes an entry are the most there are.
	fullNumerator, fullDenominator = 3, 4
	growNumerator, growDenominator = 7, 5

	// generations of a table, when memory is limited. More of them are a longer window, as one in so many is always
	// being filled again, and more looks for an answer that is not there.
	dedupGenerations = 4
)

// MinDedupMemory is the least that Config.DedupMemory may be, in bytes. 100,000 answers fit into it.
const MinDedupMemory = 1 << 20

func newDedupTables(limit uint64, log *slog.Logger) *dedupTables {
	d := &dedupTables{seed: rand.Uint64(), limit: limit, log: log}
	for i := range d.tables {
		d.tables[i].slots = make([]uint64, dedupStart)
	}
	return d
}

func (d *dedupTables) seen(addr uint32, port uint16, class output.Class) bool {
	key := answerKey(addr, port, class)
	hash := mix(key, d.seed)
	t := &d.tables[hash>>54] // the upper bits choose the table, those below the slot
	slot, found := t.find(key, hash<<10)
	if found {
		return true
	}
	found, fading := t.remembers(key, hash<<10)
	if found && !fading {
		return true
	}
	if t.used >= fullAt(len(t.slots)) {
		d.makeRoom(t)
		slot, _ = t.find(key, hash<<10)
	}
	t.slots[slot] = key
	t.used++
	return found
}

func fullAt(slots int) int { return slots / fullDenominator * fullNumerator }

// find returns the slot that holds the key, or the empty one where it belongs.
func (t *dedupTable) find(key, hash uint64) (slot int, found bool) { return findIn(t.slots, key, hash) }

func findIn(slots []uint64, key, hash uint64) (slot int, found bool) {
	for i := slotOf(hash, slots); ; {
		switch slots[i] {
		case key:
			return i, true
		case 0:
			return i, false
		}
		if i++; i == len(slots) {
			i = 0
		}
	}
}

// slotOf is the slot that an entry belongs near.
func slotOf(hash uint64, slots []uint64) int {
	at, _ := bits.Mul64(hash, uint64(len(slots)))
	return int(at)
}

// remembers tells whether the key is in an older table, and whether that is the next to be emptied: then it has to be
// added anew, because an answer that comes again is young again.
func (t *dedupTable) remembers(key, hash uint64) (found, fading bool) {
	for i, slots := range t.older {
		if _, found := findIn(slots, key, hash); found {
			return true, i == dedupGenerations-2
		}
	}
	return false, false
}

// makeRoom for another key in t, whose youngest table is full.
func (d *dedupTables) makeRoom(t *dedupTable) {
	size := len(t.slots) * growNumerator / growDenominator
	most := d.generation()
	if most > 0 {
		size = min(size, most)
	}
	switch {
	case size > len(t.slots):
		t.grow(size, d.seed)
		return
	case len(t.older) < dedupGenerations-1:
		t.older = append([][]uint64{t.slots}, t.older...)
		t.slots = make([]uint64, most)
	default:
		oldest := t.older[dedupGenerations-2]
		copy(t.older[1:], t.older)
		t.older[0] = t.slots
		clear(oldest) // and used again: from here on the memory stays what it is
		t.slots = oldest
		d.forget()
	}
	t.used = 0
}

// generation is how many slots one may have, 0 for any number.
func (d *dedupTables) generation() int {
	return int(d.limit / 8 / numDedupTables / dedupGenerations)
}

// forget says once that not all answers are remembered any more.
func (d *dedupTables) forget() {
	if d.window.Load() != 0 {
		return
	}
	window := uint64((dedupGenerations - 1) * numDedupTables * fullAt(d.generation()))
	d.window.Store(window)
	d.log.Warn("answers do not fit in memory any more: repeats of the last ones are told, as with --dedup-method window",
		"remembered", window, "bytes", d.limit)
}

func (t *dedupTable) grow(size int, seed uint64) {
	old := t.slots
	t.slots = make([]uint64, size)
	for _, key := range old {
		if key != 0 {
			slot, _ := t.find(key, mix(key, seed)<<10)
			t.slots[slot] = key
		}
	}
}
