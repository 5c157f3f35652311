package scan

import (
	"bytes"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
	"github.com/xsweep/xsweep/output"
)

// TestClockJumps sets the time of day an hour forward in mid-scan and two hours back later: the times of rows follow, and
// nothing else does, neither the rate nor the times of the scan nor the cool-down. internal/clocks_test.go holds that
// nothing else reads that clock.
func TestClockJumps(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 4, Open: 0.1})
	for _, engine := range bothEngines {
		t.Run(engine.String(), func(t *testing.T) {
			if err := world.Reset(); err != nil {
				t.Fatal(err)
			}
			cfg := labConfig(t, l, 20_000, 80)
			cfg.Engine, cfg.MaxTargets, cfg.Cooldown = engine, 30_000, time.Second
			s := openScan(t, l, cfg)
			var jumped atomic.Int64
			s.timeOfDay = func() time.Time { return time.Now().Add(time.Duration(jumped.Load())).Round(0) }
			for after, jump := range map[time.Duration]time.Duration{500 * time.Millisecond: time.Hour, time.Second: -time.Hour} {
				defer time.AfterFunc(after, func() { jumped.Store(int64(jump)) }).Stop()
			}
			began := time.Now()
			end, times := runForTimes(t, s)
			took := time.Since(began)
			// The scan says of itself what it took, by whatever clock; and it was not over before its time. TestScanRate has
			// the rate.
			if end.End != EndMaxTargets || end.Elapsed > took || end.Elapsed < end.Sending+cfg.Cooldown || end.Sending < 1400*time.Millisecond {
				t.Errorf("ended because %q, %v after %v of sending, and Run took %v", end.End, end.Elapsed, end.Sending, took)
			}
			if end.Began.Before(began) || end.Began.After(began.Add(took)) {
				t.Errorf("the scan began at %v, Run was called at %v", end.Began, began)
			}
			counts := make(map[int]int) // by hours off
			for _, at := range times {
				counts[int(at.Sub(began).Round(time.Hour).Hours())]++
			}
			if len(counts) != 3 || counts[0] == 0 || counts[1] == 0 || counts[-1] == 0 || uint64(len(times)) != counters(t, world).Open {
				t.Errorf("%d rows of %d answers; so many are so many hours off: %v", len(times), counters(t, world).Open, counts)
			}
		})
	}
}

// runForTimes returns the time of each row.
func runForTimes(t *testing.T, s *Scan) (Snapshot, []time.Time) {
	t.Helper()
	fields, err := output.ParseFields("timestamp_ts,timestamp_us")
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	out, err := output.NewWriter(&text, output.Config{Fields: fields})
	if err != nil {
		t.Fatal(err)
	}
	end, err := s.Run(t.Context(), out, nil)
	if err != nil {
		t.Fatal(err)
	}
	var times []time.Time
	for row := range strings.Lines(text.String()) {
		second, micros, _ := strings.Cut(strings.TrimSpace(row), ",")
		ts, err := strconv.ParseInt(second, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		us, err := strconv.ParseInt(micros, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		times = append(times, time.Unix(ts, us*1000))
	}
	return end, times
}
