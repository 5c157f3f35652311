package main

import (
	"fmt"
	"io"
	"time"

	"github.com/xsweep/xsweep/scan"
)

// showStatus writes a line a second, worded as ZMap's, until finished is closed, and one at the end.
func showStatus(w io.Writer, run *scan.Scan, finished <-chan struct{}) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var last scan.Snapshot
	for {
		select {
		case <-tick.C:
		case <-finished:
			if now := run.Snapshot(); last.Elapsed > 0 || now.Elapsed > 100*time.Millisecond {
				fmt.Fprintln(w, statusLine(now, last, run.Cooldown()))
			}
			return
		}
		now := run.Snapshot()
		fmt.Fprintln(w, statusLine(now, last, run.Cooldown()))
		last = now
	}
}

// statusLine tells where the scan stands, and what happened since last:
//
//	0:05 71% (2s left); send: 1499904 300 Kp/s (300 Kp/s avg); recv: 14921 2.98 Kp/s (2.98 Kp/s avg); drops: 0 p/s
//	(0 p/s avg); hitrate: 0.99%
func statusLine(now, last scan.Snapshot, cooldown time.Duration) string {
	since := max((now.Elapsed - last.Elapsed).Seconds(), 1e-9)
	total := max(now.Elapsed.Seconds(), 1e-9)
	percent, left := progress(now, cooldown)
	eta := ""
	if now.Elapsed >= 5*time.Second && left > 0 && now.End == "" {
		eta = fmt.Sprintf(" (%s left)", shortDuration(left))
	}
	pace := "done"
	if !now.Done {
		pace = siRate(float64(now.Probes-last.Probes) / since)
	}
	drops, before := now.Losses.Received()+now.Losses.SendDropped, last.Losses.Received()+last.Losses.SendDropped
	return fmt.Sprintf("%s %.0f%%%s; send: %d %s (%s avg); recv: %d %s (%s avg); drops: %s (%s avg); hitrate: %.2f%%",
		clockText(now.Elapsed), percent, eta, now.Probes, pace, sendRate(now),
		now.Hits, siRate(float64(now.Hits-last.Hits)/since), siRate(float64(now.Hits)/total),
		siRate(float64(drops-before)/since), siRate(float64(drops)/total), hitRate(now))
}

// progress estimates the end from the pace so far; the cool-down is part of the scan.
func progress(now scan.Snapshot, cooldown time.Duration) (percent float64, left time.Duration) {
	switch {
	case now.End != "":
		return 100, 0
	case now.Done:
		left = max(0, now.Sending+cooldown-now.Elapsed)
	case now.Probed == 0:
		return 0, 0
	default:
		rest := float64(now.Targets-min(now.Probed, now.Targets)) / float64(now.Probed)
		left = time.Duration(rest*float64(now.Elapsed)) + cooldown
	}
	return 100 * float64(now.Elapsed) / float64(now.Elapsed+left), left
}

// sendRate is the average over the time of sending.
func sendRate(s scan.Snapshot) string {
	return siRate(float64(s.Probes) / max(s.Sending.Seconds(), 1e-9))
}

func hitRate(s scan.Snapshot) float64 {
	if s.Probed == 0 {
		return 0
	}
	return 100 * float64(s.Hits) / float64(s.Probed)
}

// siRate writes a rate with three digits: 831 p/s, 45.3 Kp/s, 2.87 Mp/s.
func siRate(pps float64) string {
	unit := ""
	for _, u := range []string{"K", "M", "G"} {
		if pps < 999.5 {
			break
		}
		pps, unit = pps/1000, u
	}
	digits := 0
	if unit != "" {
		switch {
		case pps < 9.995:
			digits = 2
		case pps < 99.95:
			digits = 1
		}
	}
	return fmt.Sprintf("%.*f %sp/s", digits, pps, unit)
}

// clockText is 0:05, 12:34 or 1:02:03.
func clockText(d time.Duration) string {
	s := int(d.Round(time.Second).Seconds())
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// shortDuration is 21m, 2h05m or 3d04h: as much as anybody wants to know.
func shortDuration(d time.Duration) string {
	s := int(d.Round(time.Second).Seconds())
	switch {
	case s < 60:
		return fmt.Sprintf("%ds", s)
	case s < 3600:
		return fmt.Sprintf("%dm%02ds", s/60, s%60)
	case s < 86400:
		return fmt.Sprintf("%dh%02dm", s/3600, s/60%60)
	}
	return fmt.Sprintf("%dd%02dh", s/86400, s/3600%24)
}
