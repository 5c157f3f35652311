package main

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xsweep/xsweep/internal/lab"
)

// faultTime is how long a fault lasts: short, or as many seconds as XSWEEP_TEST_FAULT_SECONDS says.
func faultTime(t *testing.T, short time.Duration) time.Duration {
	t.Helper()
	text := os.Getenv("XSWEEP_TEST_FAULT_SECONDS")
	if text == "" {
		return short
	}
	n, err := strconv.Atoi(text)
	must(t, err)
	return time.Duration(n) * time.Second
}

// What an outage may cost, in frames that one end had taken and not worked through when an interface went down: nobody
// counts them. The devices' rings hold 256; at this rate one or two are in them.
const lostInOutage = 32

// TestLinkFaults takes the link down at either end and up again: targets wait, each is probed once and none is lost by it,
// the log has a line for each beginning and each end, and no burst makes up for the time.
func TestLinkFaults(t *testing.T) {
	tests := []struct {
		name    string
		end     func(*lab.Lab) *lab.Host
		outages int
		down    time.Duration
		missing uint64 // targets that an outage may cost
	}{
		{"our end", func(l *lab.Lab) *lab.Host { return l.Scanner }, 1, faultTime(t, 1500*time.Millisecond), 0},
		{"the far end", func(l *lab.Lab) *lab.Host { return l.World }, 1, faultTime(t, 1500*time.Millisecond), lostInOutage},
		{"our end, ten times", func(l *lab.Lab) *lab.Host { return l.Scanner }, 10, 60 * time.Millisecond, 0},
		{"the far end, ten times", func(l *lab.Lab) *lab.Host { return l.World }, 10, 60 * time.Millisecond, lostInOutage},
	}
	for _, engine := range bothEngines {
		for _, tt := range tests {
			t.Run(engine+"/"+tt.name, func(t *testing.T) {
				f := startFaulty(t, engine)
				f.awaitProbes(t, 5000)
				for range tt.outages {
					must(t, setUp(tt.end(f.lab), false))
					time.Sleep(tt.down)
					must(t, setUp(tt.end(f.lab), true))
					time.Sleep(60 * time.Millisecond)
				}
				f.end(t, exitDone)
				n := uint64(tt.outages)
				f.checkComplete(t, n*tt.missing, n*lostInOutage)
				f.checkPace(t)
				down := strings.Count(f.stderr.String(), "[WARN] xsweep: sending is paused, targets wait")
				up := strings.Count(f.stderr.String(), "[INFO] xsweep: sending goes on, after=")
				if down != up || down > tt.outages || down == 0 {
					t.Errorf("%d outages make %d lines when they begin and %d when they end", tt.outages, down, up)
				}
				for _, noise := range []string{"sending slower", "Failed to send"} {
					if strings.Contains(f.stderr.String(), noise) {
						t.Errorf("the log says %q", noise)
					}
				}
				if t.Failed() {
					t.Logf("stderr:\n%s", &f.stderr)
				}
			})
		}
	}
}

// TestInterruptWhileDown presses Ctrl-C while targets wait: the scan ends as ever, and says what never left.
func TestInterruptWhileDown(t *testing.T) {
	for _, engine := range bothEngines {
		t.Run(engine, func(t *testing.T) {
			f := startFaulty(t, engine)
			must(t, setUp(f.lab.Scanner, false))
			f.awaitText(t, "sending is paused")
			f.cmd.Process.Signal(os.Interrupt)
			f.end(t, exitDone)
			rows, n := f.checkRows(t), f.counters(t)
			if rows > n.Open || rows+lostInOutage < n.Open {
				t.Errorf("%d rows, the world accepted %d", rows, n.Open)
			}
			m := readMetadata(t, f.dir) // RSTs are among the frames that were not sent
			if missing := m.PacketsSent - n.SYNs; m.Ended != "stopped" || missing > m.Drops["unsent"]+m.Drops["send_dropped"] {
				t.Errorf("ended because %q; %d of %d probes did not arrive, %v are accounted for", m.Ended, missing, m.PacketsSent, m.Drops)
			}
		})
	}
}
