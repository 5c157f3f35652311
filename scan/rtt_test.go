package scan

import (
	"math"
	"testing"
	"time"

	"github.com/xsweep/xsweep/output"
)

func TestStopwatch(t *testing.T) {
	const second = 1_000_000 // ticks
	old := clock{start: time.Now().Add(-time.Hour)}
	tests := []struct {
		name string
		sent uint32 // ticks before it is received
		has  bool
		want time.Duration // 0: unknown
	}{
		{"an ordinary answer", 25_400, true, 25400 * time.Microsecond},
		{"within a tick", 0, true, 1},
		{"one that took long", 60 * second, true, time.Minute},
		{"no timestamp", 25_400, false, 0},
		{"longer than can be", 301 * second, true, 0},
		{"from the future", math.MaxUint32, true, 0},
	}
	for _, start := range []uint32{0, 7, math.MaxUint32 - 5*second} { // the last one comes round in between
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				w := &stopwatch{clock: old, start: start}
				received := w.now() | 1 // an echo of 0 is none
				rec := output.Record{HasTS: tt.has, TSEcr: received - tt.sent}
				w.measure(&rec, received)
				if rec.RTT != int64(tt.want) {
					t.Errorf("RTT %v, want %v", time.Duration(rec.RTT), tt.want)
				}
			})
		}
	}
}

// TestStopwatchOfAYoungScan believes no answer that would be older than the scan.
func TestStopwatchOfAYoungScan(t *testing.T) {
	w := newStopwatch(newClock())
	rec := output.Record{HasTS: true, TSEcr: w.now() - 10_000_000}
	w.measure(&rec, w.now())
	if rec.RTT != 0 {
		t.Errorf("RTT %v in a scan that has just begun", time.Duration(rec.RTT))
	}
}
