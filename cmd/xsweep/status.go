package main

import (
	"fmt"
	"math"
	"time"

	"github.com/xsweep/xsweep/output"
)

// statusLine is ZMap's, to the letter, where there is room for it:
//
//	 0:05 71% (2s left); send: 1499904 300 Kp/s (300 Kp/s avg); recv: 14921 2.98 Kp/s (2.98 Kp/s avg); drops: 0 p/s
//	(0 p/s avg); hitrate: 0.99%
//
// In fewer columns it leaves out what can be missed; 0 is as many as it takes.
func statusLine(s *output.Status, sent, goesOn bool, columns int) string {
	eta := ""
	if s.Elapsed >= 5*time.Second && goesOn {
		eta = fmt.Sprintf(" (%s left)", shortDuration(s.Remaining))
	}
	pace := "done"
	if !sent {
		pace = siRate(s.Sent.Last)
	}
	drops := 9 // a loss is not to be missed
	if s.Drops.Total == 0 {
		drops = 5
	}
	return fitted(columns,
		piece{0, fmt.Sprintf("%5s %.0f%%", clockText(s.Elapsed), s.PercentComplete)},
		piece{7, eta},
		piece{11, fmt.Sprintf("; send: %d", s.Sent.Total)},
		piece{8, " " + pace},
		piece{3, fmt.Sprintf(" (%s avg)", siRate(s.Sent.Avg))},
		piece{10, fmt.Sprintf("; recv: %d", s.RecvSuccess.Total)},
		piece{4, " " + siRate(s.RecvSuccess.Last)},
		piece{2, fmt.Sprintf(" (%s avg)", siRate(s.RecvSuccess.Avg))},
		piece{drops, fmt.Sprintf("; drops: %s", siRate(s.Drops.Last))},
		piece{1, fmt.Sprintf(" (%s avg)", siRate(s.Drops.Avg))},
		piece{6, fmt.Sprintf("; hitrate: %.2f%%", s.HitRate)})
}

// A piece of a line is left out where there is no room for all of it, those of lower ranks first. One of rank 0 stays.
type piece struct {
	rank int
	text string // of ASCII alone
}

// fitted joins the pieces of a line that there is room for.
func fitted(columns int, line ...piece) string {
	for rank := 1; ; rank++ {
		text, more := "", false
		for _, p := range line {
			if p.rank == 0 || p.rank >= rank {
				text += p.text
			}
			more = more || p.rank >= rank
		}
		if !more || columns <= 0 || len(text) <= columns {
			return text
		}
	}
}

// siRate writes a rate with three digits: 831 p/s, 45.3 Kp/s, 2.87 Mp/s, or with two behind the point: 14.88 Mp/s. What
// is below one a second is cut.
func siRate(pps float64) string {
	unit := ""
	for _, u := range []string{"K", "M", "G"} {
		if pps < 1000 {
			break
		}
		pps, unit = pps/1000, u
	}
	digits := 0
	switch {
	case unit == "":
		pps = math.Floor(pps)
	case unit != "K" || pps < 10:
		digits = 2
	case pps < 100:
		digits = 1
	}
	return fmt.Sprintf("%.*f %sp/s", digits, pps, unit)
}

// clockText is 0:05, 12:34, 1:02:03 or 2d1:02:03.
func clockText(d time.Duration) string {
	s := int(d.Seconds())
	switch {
	case s >= 86400:
		return fmt.Sprintf("%dd%d:%02d:%02d", s/86400, s/3600%24, s/60%60, s%60)
	case s >= 3600:
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// shortDuration is 9s, 3m07s, 21m, 2h05m, 14h, 3d04h, 40d or 2 years: as much as anybody wants to know.
func shortDuration(d time.Duration) string {
	const year = 31556736 // ZMap's
	s := int(math.Ceil(d.Seconds()))
	years, days, hours, minutes := s/year, s%year/86400, s%86400/3600, s%3600/60
	switch {
	case years > 0:
		return fmt.Sprintf("%d years", years)
	case days > 9:
		return fmt.Sprintf("%dd", days)
	case days > 0:
		return fmt.Sprintf("%dd%02dh", days, hours)
	case hours > 9:
		return fmt.Sprintf("%dh", hours)
	case hours > 0:
		return fmt.Sprintf("%dh%02dm", hours, minutes)
	case minutes > 9:
		return fmt.Sprintf("%dm", minutes)
	case minutes > 0:
		return fmt.Sprintf("%dm%02ds", minutes, s%60)
	}
	return fmt.Sprintf("%ds", s)
}
