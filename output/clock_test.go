package output

import (
	"math"
	"testing"
	"time"
)

// TestClock holds the patched text against the whole formatting of package time, on the edges of a second, and on
// those where a zone changes.
func TestClock(t *testing.T) {
	zones := []string{"UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Pacific/Kiritimati"}
	change := time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC).UnixNano() // summer time begins in Berlin
	times := []int64{
		0, 1, 999_999, 1_000_000, 999_999_999, 1e9, 1e9 - 1, // back and forth: the cache must follow
		change - 1, change, change - 1e9, 1795294986331198000, math.MaxInt64, 0,
	}
	for _, zone := range zones {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Logf("zone %s left out: %v", zone, err)
			continue
		}
		c := newClock(loc)
		for _, ns := range times {
			want := time.Unix(0, ns).In(loc).Format(timestampLayout)
			if got := string(c.append([]byte("x"), uint64(ns))); got != "x"+want {
				t.Errorf("%s: append(%d) = %q, want %q", zone, ns, got[1:], want)
			}
		}
	}
}
