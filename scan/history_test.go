package scan

import (
	"testing"
	"time"
)

// TestHistory: what a checkpoint gets is old enough, and the newest that is.
func TestHistory(t *testing.T) {
	h := newHistory(Progress{Next: 7})
	if got := h.at(time.Hour).Next; got != 7 {
		t.Errorf("with nothing seen yet: %d, want what there was before, 7", got)
	}
	for i := range 10 {
		h.add(time.Duration(i)*time.Second, Progress{Next: uint64(100 + i)})
	}
	for _, tt := range []struct {
		until time.Duration
		want  uint64
	}{{-1, 7}, {0, 100}, {1500 * time.Millisecond, 101}, {500 * time.Millisecond, 101}, {time.Hour, 109}} {
		if got := h.at(tt.until).Next; got != tt.want {
			t.Errorf("until %v: %d, want %d", tt.until, got, tt.want)
		}
	}
}

// TestHistoryKeepsWhatWillBeWanted: where nothing is old enough for long, it is the late moments that find no room.
func TestHistoryKeepsWhatWillBeWanted(t *testing.T) {
	h := newHistory(Progress{})
	for i := range 10 * historySize {
		h.add(time.Duration(i), Progress{Next: uint64(i)})
		if got := h.at(-1).Next; got != 0 {
			t.Fatalf("%d, want 0", got)
		}
	}
	if len(h.moments) != historySize || h.at(3).Next != 3 {
		t.Errorf("%d moments, and at 3 %d", len(h.moments), h.at(3).Next)
	}
}
