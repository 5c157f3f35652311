package main

import (
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/xsweep/xsweep/scan"
)

func seconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }

// The lines of ZMap 4.3 with the same numbers.
func TestStatusLine(t *testing.T) {
	tests := []struct {
		name      string
		now, last scan.Snapshot
		limits    limits
		want      string
	}{
		{"ZMap's first second", scan.Snapshot{Elapsed: seconds(1.0385), Sending: seconds(0.03845), Done: true, Targets: 32, Planned: 32, Probed: 32, Probes: 32, Hits: 16},
			scan.Snapshot{}, limits{cooldown: seconds(2)},
			" 0:01 51%; send: 32 done (832 p/s avg); recv: 16 16 p/s (15 p/s avg); drops: 0 p/s (0 p/s avg); hitrate: 50.00%"},
		{"ZMap's fifth second", scan.Snapshot{Elapsed: seconds(5.0155), Sending: seconds(5.0155), Targets: 3_660_000_000, Planned: 3_660_000_000, Probed: 14292988, Probes: 14292988, Hits: 219629},
			scan.Snapshot{Elapsed: seconds(4.0155), Probes: 11422988, Hits: 174329}, limits{cooldown: seconds(8)},
			" 0:05 0% (21m left); send: 14292988 2.87 Mp/s (2.85 Mp/s avg); recv: 219629 45.3 Kp/s (43.8 Kp/s avg); drops: 0 p/s (0 p/s avg); hitrate: 1.54%"},
		{"the first second", scan.Snapshot{Elapsed: seconds(1), Sending: seconds(1), Targets: 1000, Planned: 1000, Probed: 100, Probes: 100, Hits: 1},
			scan.Snapshot{}, limits{cooldown: seconds(8)},
			" 0:01 6%; send: 100 100 p/s (100 p/s avg); recv: 1 1 p/s (1 p/s avg); drops: 0 p/s (0 p/s avg); hitrate: 1.00%"},
		{"the cool-down", scan.Snapshot{Elapsed: seconds(14), Sending: seconds(10), Done: true, Targets: 1000, Planned: 1000, Probed: 1000, Probes: 1000, Hits: 7,
			Losses: scan.Losses{RingFull: 28, NoFrame: 14}},
			scan.Snapshot{Elapsed: seconds(13), Probes: 1000, Hits: 7, Losses: scan.Losses{RingFull: 28}}, limits{cooldown: seconds(8)},
			" 0:14 78% (4s left); send: 1000 done (100 p/s avg); recv: 7 0 p/s (0 p/s avg); drops: 14 p/s (3 p/s avg); hitrate: 0.70%"},
		{"the end", scan.Snapshot{Elapsed: seconds(3700), Sending: seconds(3692), Done: true, End: scan.EndDone, Targets: 10, Planned: 10, Probed: 10, Probes: 10},
			scan.Snapshot{Elapsed: seconds(3699), Probes: 10}, limits{cooldown: seconds(8)},
			"1:01:40 100%; send: 10 done (0 p/s avg); recv: 0 0 p/s (0 p/s avg); drops: 0 p/s (0 p/s avg); hitrate: 0.00%"},
		{"nothing sent yet", scan.Snapshot{Elapsed: seconds(1), Targets: 10, Planned: 10}, scan.Snapshot{}, limits{cooldown: seconds(8)},
			" 0:01 0%; send: 0 0 p/s (0 p/s avg); recv: 0 0 p/s (0 p/s avg); drops: 0 p/s (0 p/s avg); hitrate: 0.00%"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := statusOf(&moment{Snapshot: tt.now}, &moment{Snapshot: tt.last}, tt.limits)
			if got := statusLine(&s, tt.now.Done, tt.now.End == "", 0); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestStatusLineFits: no line is wider than the terminal, and what is left out first is what can be missed.
func TestStatusLineFits(t *testing.T) {
	now := scan.Snapshot{Elapsed: seconds(3725), Sending: seconds(3725), Targets: 3_660_000_000, Planned: 3_660_000_000,
		Probed: 1429298812, Probes: 1429298812, Hits: 21962912}
	last := scan.Snapshot{Elapsed: seconds(3724), Probes: 1429298812 - 287_000, Hits: 21962912 - 4530}
	lossy := now
	lossy.Losses.RingFull = 4500
	tests := []struct {
		name    string
		now     scan.Snapshot
		columns int
		want    string
	}{
		{"all of it", now, 200, "1:02:05 39% (1h36m left); send: 1429298812 287 Kp/s (384 Kp/s avg); recv: 21962912 4.53 Kp/s (5.90 Kp/s avg); drops: 0 p/s (0 p/s avg); hitrate: 1.54%"},
		{"120 columns", now, 120, "1:02:05 39% (1h36m left); send: 1429298812 287 Kp/s; recv: 21962912 4.53 Kp/s; drops: 0 p/s; hitrate: 1.54%"},
		{"80 columns", now, 80, "1:02:05 39% (1h36m left); send: 1429298812 287 Kp/s; recv: 21962912"},
		{"80 columns and losses", lossy, 80, "1:02:05 39%; send: 1429298812 287 Kp/s; recv: 21962912; drops: 4.50 Kp/s"},
		{"60 columns", now, 60, "1:02:05 39%; send: 1429298812 287 Kp/s; recv: 21962912"},
		{"40 columns", now, 40, "1:02:05 39%; send: 1429298812"},
		{"20 columns", now, 20, "1:02:05 39%"},
		{"a terminal that does not tell", now, 0, "1:02:05 39% (1h36m left); send: 1429298812 287 Kp/s (384 Kp/s avg); recv: 21962912 4.53 Kp/s (5.90 Kp/s avg); drops: 0 p/s (0 p/s avg); hitrate: 1.54%"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := statusOf(&moment{Snapshot: tt.now}, &moment{Snapshot: last}, limits{})
			if got := statusLine(&s, false, true, tt.columns); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
	s := statusOf(&moment{Snapshot: lossy}, &moment{Snapshot: last}, limits{})
	for columns := 11; columns <= 200; columns++ {
		if line := statusLine(&s, false, true, columns); len(line) > columns {
			t.Errorf("%d columns for %q, of %d", columns, line, len(line))
		}
	}
}

// TestProgress: of all limits, the one that is reached first.
func TestProgress(t *testing.T) {
	half := scan.Snapshot{Elapsed: seconds(10), Sending: seconds(10), Targets: 200, Planned: 200, Probed: 100, Probes: 100, Rows: 20}
	tests := []struct {
		name    string
		limits  limits
		percent float64
		left    time.Duration
	}{
		{"targets", limits{cooldown: seconds(10)}, 100.0 / 3, seconds(20)},
		{"runtime", limits{cooldown: seconds(10), maxRuntime: seconds(10)}, 50, seconds(10)},
		{"a runtime that is too long", limits{cooldown: seconds(10), maxRuntime: seconds(100)}, 100.0 / 3, seconds(20)},
		{"results, after which nothing is waited for", limits{cooldown: seconds(10), maxResults: 24}, 100.0 / 1.2, seconds(2)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			percent, left := progress(&moment{Snapshot: half}, tt.limits)
			if math.Abs(percent-tt.percent) > 1e-6 || left.Round(time.Millisecond) != tt.left {
				t.Errorf("%v%%, %v left; want %v%%, %v", percent, left, tt.percent, tt.left)
			}
		})
	}
}

// TestDropWarnings: ZMap's words, above one answer in twenty and one probe in a hundred.
func TestDropWarnings(t *testing.T) {
	last := moment{Snapshot: scan.Snapshot{Elapsed: seconds(9), Probes: 9000, Hits: 900}}
	tests := []struct {
		name   string
		losses scan.Losses
		device uint64
		want   string
	}{
		{"none", scan.Losses{}, 0, ""},
		{"five percent of answers and one of probes", scan.Losses{RingFull: 5, SendDropped: 10}, 0, ""},
		{"more answers", scan.Losses{RingFull: 5}, 1, "[WARN] xsweep: Dropped 6 packets in the last second, (6 total dropped (pcap: 5 + iface: 1))\n"},
		{"the output has ended", scan.Losses{Unwritten: 100}, 0, ""},
		{"more probes", scan.Losses{SendDropped: 10, SendInvalid: 1}, 0, "[WARN] xsweep: Failed to send 11 packets/sec (11 total failures)\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var text strings.Builder
			m := monitor{log: slog.New(newLogHandler(&text, 2))}
			now := moment{scan.Snapshot{Elapsed: seconds(10), Probes: 10000, Hits: 1000, Losses: tt.losses}, tt.device}
			s := statusOf(&now, &last, limits{})
			m.warn(&s, &now)
			if got := text.String(); !strings.HasSuffix(got, tt.want) || (tt.want == "") != (got == "") {
				t.Errorf("the log says %q, want %q", got, tt.want)
			}
		})
	}
}

func TestSIRate(t *testing.T) {
	for pps, want := range map[float64]string{
		0: "0 p/s", 0.9: "0 p/s", 831.9: "831 p/s", 999.6: "999 p/s", 1000: "1.00 Kp/s", 9994: "9.99 Kp/s", 12340: "12.3 Kp/s",
		45300: "45.3 Kp/s", 300_000: "300 Kp/s", 999_400: "999 Kp/s", 2.87e6: "2.87 Mp/s", 14.88e6: "14.88 Mp/s", 1.5e9: "1.50 Gp/s",
	} {
		if got := siRate(pps); got != want {
			t.Errorf("siRate(%v) = %q, want %q", pps, got, want)
		}
	}
}

func TestShortDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", seconds(1.2): "2s", 59 * time.Second: "59s", 187 * time.Second: "3m07s", 21 * time.Minute: "21m", 125 * time.Minute: "2h05m",
		14*time.Hour + time.Minute: "14h", 76 * time.Hour: "3d04h", 40 * 24 * time.Hour: "40d", 800 * 24 * time.Hour: "2 years",
	} {
		if got := shortDuration(d); got != want {
			t.Errorf("shortDuration(%v) = %q, want %q", d, got, want)
		}
	}
}
