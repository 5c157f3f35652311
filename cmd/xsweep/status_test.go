package main

import (
	"testing"
	"time"

	"github.com/xsweep/xsweep/scan"
)

func TestStatusLine(t *testing.T) {
	second := func(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }
	tests := []struct {
		name      string
		now, last scan.Snapshot
		want      string
	}{
		{"the first second", scan.Snapshot{Elapsed: second(1), Sending: second(1), Targets: 1000, Probed: 100, Probes: 100, Hits: 1},
			scan.Snapshot{},
			"0:01 6%; send: 100 100 p/s (100 p/s avg); recv: 1 1 p/s (1 p/s avg); drops: 0 p/s (0 p/s avg); hitrate: 1.00%"},
		{"a long scan", scan.Snapshot{Elapsed: second(10), Sending: second(10), Targets: 3e9, Probed: 28_500_000, Probes: 28_500_000, Hits: 437_000},
			scan.Snapshot{Elapsed: second(9), Probes: 25_630_000, Hits: 391_700},
			"0:10 1% (17m31s left); send: 28500000 2.87 Mp/s (2.85 Mp/s avg); recv: 437000 45.3 Kp/s (43.7 Kp/s avg); drops: 0 p/s (0 p/s avg); hitrate: 1.53%"},
		{"the cool-down", scan.Snapshot{Elapsed: second(14), Sending: second(10), Done: true, Targets: 1000, Probed: 1000, Probes: 1000, Hits: 7,
			Losses: scan.Losses{RingFull: 28, SendDropped: 14}},
			scan.Snapshot{Elapsed: second(13), Probes: 1000, Hits: 7, Losses: scan.Losses{RingFull: 28}},
			"0:14 78% (4s left); send: 1000 done (100 p/s avg); recv: 7 0 p/s (0 p/s avg); drops: 14 p/s (3 p/s avg); hitrate: 0.70%"},
		{"the end", scan.Snapshot{Elapsed: second(3700), Sending: second(3692), Done: true, End: scan.EndDone, Targets: 10, Probed: 10, Probes: 10},
			scan.Snapshot{Elapsed: second(3699), Probes: 10},
			"1:01:40 100%; send: 10 done (0 p/s avg); recv: 0 0 p/s (0 p/s avg); drops: 0 p/s (0 p/s avg); hitrate: 0.00%"},
		{"nothing sent yet", scan.Snapshot{Elapsed: second(1), Targets: 10}, scan.Snapshot{},
			"0:01 0%; send: 0 0 p/s (0 p/s avg); recv: 0 0 p/s (0 p/s avg); drops: 0 p/s (0 p/s avg); hitrate: 0.00%"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := statusLine(tt.now, tt.last, 8*time.Second); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestSIRate(t *testing.T) {
	for pps, want := range map[float64]string{
		0: "0 p/s", 0.4: "0 p/s", 831: "831 p/s", 999.4: "999 p/s", 999.6: "1.00 Kp/s", 1000: "1.00 Kp/s", 9994: "9.99 Kp/s",
		9996: "10.0 Kp/s", 45300: "45.3 Kp/s", 99960: "100 Kp/s", 999_400: "999 Kp/s", 999_600: "1.00 Mp/s", 2.87e6: "2.87 Mp/s", 1.5e9: "1.50 Gp/s",
	} {
		if got := siRate(pps); got != want {
			t.Errorf("siRate(%v) = %q, want %q", pps, got, want)
		}
	}
}

func TestShortDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 59 * time.Second: "59s", 21 * time.Minute: "21m00s", 125 * time.Minute: "2h05m", 76 * time.Hour: "3d04h",
	} {
		if got := shortDuration(d); got != want {
			t.Errorf("shortDuration(%v) = %q, want %q", d, got, want)
		}
	}
}
