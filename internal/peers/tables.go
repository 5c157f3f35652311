package main

import (
	"fmt"
	"slices"
	"strings"
)

// worldTitles are the tests of the table of rates, in its order, and what it calls them.
func worldTitles() []struct{ test, title string } {
	return []struct{ test, title string }{{"drop", "drops"}, {"answer", "answers 1 %"}}
}

// ratesTable is the table of what arrived at full speed, and of its cost.
func ratesTable(records []record) string {
	var b strings.Builder
	b.WriteString("| world | tool | Mpps: median | min | max | of the best ZMap | recall | duplicates | false | " +
		"CPU s per 1 M probes | memory |\n|---|---|---|---|---|---|---|---|---|---|---|\n")
	for _, world := range worldTitles() {
		of := summarize(records, world.test)
		best := bestZMap(of)
		for i := range of {
			s := &of[i]
			fmt.Fprintf(&b, "| %s | `%s` | %s | %s | %s | %s | %s | %.1f | %d MiB |\n", world.title, s.contender,
				mpps(s.median), mpps(s.min), mpps(s.max), ratio(s.median, best), foundCells(s), s.cpuPerMillion, s.rssBytes>>20)
		}
	}
	b.WriteString("\n" + provenance(records))
	return b.String()
}

// bestZMap is the highest median of a ZMap; 0 if there is none.
func bestZMap(of []summary) float64 {
	var best float64
	for i := range of {
		if strings.HasPrefix(of[i].contender, "zmap") {
			best = max(best, of[i].median)
		}
	}
	return best
}

func mpps(pps float64) string { return fmt.Sprintf("%.2f", pps/1e6) }

func ratio(a, b float64) string {
	if b == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f", a/b)
}

// foundCells are recall, duplicates and false rows, which a world without open targets has none of.
func foundCells(s *summary) string {
	if s.open == 0 {
		return "– | – | –"
	}
	return fmt.Sprintf("%s | %d | %d", percent(s.recall()), s.duplicates, s.untrue)
}

// percent is never 100 for a share that is less than 1.
func percent(share float64) string {
	text := fmt.Sprintf("%.3f %%", 100*share)
	if share < 1 && strings.HasPrefix(text, "100") {
		return "> 99.999 %"
	}
	return text
}

// recallTable is the curve in figures.
func recallTable(records []record) string {
	var b strings.Builder
	b.WriteString("| tool | asked, pps | arrived, pps | recall | open targets missed | duplicates | false |\n" +
		"|---|---|---|---|---|---|---|\n")
	of := summarize(records, "recall")
	for _, name := range contendersOf(of) {
		for i := range of {
			s := &of[i]
			if s.contender != name {
				continue
			}
			fmt.Fprintf(&b, "| `%s` | %s | %.0f | %s | %d of %d | %d | %d |\n", s.contender, asked(s.askedPPS), s.median,
				percent(s.recall()), s.open-s.found, s.open, s.duplicates, s.untrue)
		}
	}
	b.WriteString("\n" + provenance(records))
	return b.String()
}

// contendersOf are the names, in order of appearance.
func contendersOf(of []summary) []string {
	var names []string
	for i := range of {
		if !slices.Contains(names, of[i].contender) {
			names = append(names, of[i].contender)
		}
	}
	return names
}

func asked(pps int) string {
	if pps == 0 {
		return "as fast as it goes"
	}
	return fmt.Sprint(pps)
}

// provenance says how often was measured, and what, in the tools' own words.
func provenance(records []record) string {
	var versions []string
	runs := make(map[series]int)
	fewest, most := len(records), 0
	for i := range records {
		if v := records[i].version; !slices.Contains(versions, v) {
			versions = append(versions, v)
		}
		runs[records[i].series()]++
	}
	for _, n := range runs {
		fewest, most = min(fewest, n), max(most, n)
	}
	times := fmt.Sprint(fewest)
	if fewest != most {
		times = fmt.Sprintf("%d to %d", fewest, most)
	}
	return fmt.Sprintf("Runs of each: %s. Versions, as the tools print them: %s.\n", times, strings.Join(versions, "; "))
}
