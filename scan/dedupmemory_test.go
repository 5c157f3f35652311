package scan

import (
	"bytes"
	"log/slog"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/xsweep/xsweep/output"
)

// slotBytes is the memory of all tables.
func (d *dedupTables) slotBytes() (total uint64) {
	for i := range d.tables {
		total += 8 * uint64(len(d.tables[i].slots))
		for _, older := range d.tables[i].older {
			total += 8 * uint64(len(older))
		}
	}
	return total
}

// TestDedupMemory gives full dedup little memory. It forgets nothing before the limit, never takes more, and afterwards
// knows the last answers: of each moment, those within the window that it says it has.
func TestDedupMemory(t *testing.T) {
	for _, limit := range []uint64{MinDedupMemory, 5 << 20} {
		var log bytes.Buffer
		d := newDedupTables(limit, slog.New(slog.NewTextHandler(&log, nil)))
		d.seed = 0        // when the first of 1,024 tables is full is a matter of luck
		full := uint32(0) // the answer with which the first was forgotten
		see := func(n uint32) bool { return d.seen(0x0a000000+n, 443, output.SYNACK) }
		random := rand.New(rand.NewPCG(7, limit))
		for n := range uint32(limit) / 2 {
			if see(n) {
				t.Fatalf("answer %d was there before it came", n)
			}
			if full == 0 && d.window.Load() > 0 {
				full = n
			}
			if n%1000 != 0 {
				continue
			}
			if got := d.slotBytes(); got > limit {
				t.Fatalf("%d answers take %d bytes of %d", n, got, limit)
			}
			// Tables forget one by one, each in its turn, so that the window's end is not the same in all; least so where
			// they are small.
			remembered := n
			if full > 0 {
				remembered = uint32(d.window.Load()) * 3 / 4
			}
			if back := random.Uint32N(remembered + 1); !see(n - back) {
				t.Fatalf("limit %d: after %d answers the one %d before is forgotten; the first was at %d", limit, n, back, full)
			}
		}
		if full == 0 || uint64(full) < limit/15 {
			t.Errorf("limit %d: the first answer is forgotten after %d, want a fifteenth at least", limit, full)
		}
		if see(0) {
			t.Errorf("limit %d: the very first answer is remembered still: what was forgotten?", limit)
		}
		if n := strings.Count(log.String(), "level=WARN"); n != 1 || strings.Count(log.String(), "\n") != 1 {
			t.Errorf("log, want one warning:\n%s", &log)
		}
	}
}

// TestDedupMemoryUnused: with memory enough, the limit changes nothing.
func TestDedupMemoryUnused(t *testing.T) {
	limited, free := newDedupTables(1<<30, nil), newDedupTables(0, nil)
	for n := range uint32(2_000_000) {
		if limited.seen(n, 80, 0) || free.seen(n, 80, 0) {
			t.Fatalf("answer %d was there before", n)
		}
	}
	if a, b := limited.slotBytes(), free.slotBytes(); a != b {
		t.Errorf("%d bytes with a limit, %d without", a, b)
	}
}

// TestDedupMemoryOfRepeats: an answer that comes again and again is remembered for ever, and takes the place of few.
func TestDedupMemoryOfRepeats(t *testing.T) {
	d := newDedupTables(MinDedupMemory, slog.New(slog.DiscardHandler))
	d.seen(1, 1, output.RST)
	for n := range uint32(1_000_000) {
		d.seen(0x0a000000+n, 443, output.SYNACK)
		if n%10_000 == 0 && !d.seen(1, 1, output.RST) {
			t.Fatalf("forgotten after %d answers, though it came again", n)
		}
	}
}

// TestDedupMemoryIsFlat measures the heap: once the limit is reached, nothing is allocated any more.
func TestDedupMemoryIsFlat(t *testing.T) {
	const limit = 16 << 20
	before := heapBytes()
	d := newDedupTables(limit, slog.New(slog.DiscardHandler))
	n := uint32(0)
	for ; d.window.Load() == 0; n++ {
		d.seen(n, 443, output.SYNACK)
	}
	for range uint32(limit / 32) { // until the last table is at its limit, too
		d.seen(n, 443, output.SYNACK)
		n++
	}
	if got := heapBytes() - before; got > limit*21/20 {
		t.Errorf("%d bytes of heap, the limit is %d", got, uint64(limit))
	}
	if allocs := testing.AllocsPerRun(1, func() {
		for range uint32(limit / 16) {
			d.seen(n, 443, output.SYNACK)
			n++
		}
	}); allocs > 0 {
		t.Errorf("%v allocations after the limit was reached", allocs)
	}
}

// TestDedupWindowMemory: a window takes no more memory than there may be, is as large as that allows, and says so.
func TestDedupWindowMemory(t *testing.T) {
	for _, tt := range []struct {
		memory uint64
		wanted int
		fits   bool
	}{
		{0, 3_000_000, true},
		{64 << 20, DefaultDedupWindow, true},
		{MinDedupMemory, 1000, true},
		{MinDedupMemory, DefaultDedupWindow, false},
		{10 << 20, MaxDedupWindow, false},
	} {
		var log bytes.Buffer
		cfg := &Config{Dedup: DedupWindow, DedupWindow: tt.wanted, DedupMemory: tt.memory, Logger: slog.New(slog.NewTextHandler(&log, nil))}
		w := newDedup(cfg).(*dedupWindow)
		size := len(w.nodes) - 1
		if (size == tt.wanted) != tt.fits || size != cfg.WindowSize() {
			t.Errorf("%d bytes: a window of %d answers, %d said, %d wanted", tt.memory, size, cfg.WindowSize(), tt.wanted)
		}
		taken := uint64(len(w.nodes))*uint64(reflect.TypeFor[dedupNode]().Size()) + uint64(len(w.buckets))*uint64(reflect.TypeFor[uint32]().Size())
		if taken != windowBytes(size) || tt.memory > 0 && taken > tt.memory || !tt.fits && windowBytes(size+1) <= tt.memory {
			t.Errorf("%d bytes: %d answers take %d, %d by the formula", tt.memory, size, taken, windowBytes(size))
		}
		if (log.Len() == 0) != tt.fits {
			t.Errorf("%d bytes for %d answers: the log says %q", tt.memory, tt.wanted, &log)
		}
	}
}
