package main

import "slices"

// summary is what the measurements of a series come to.
type summary struct {
	series
	runs             int
	median, min, max float64 // probes per second

	// Of all runs together.
	open uint64
	findings

	cpuPerMillion float64 // median, CPU seconds per million probes
	rssBytes      int64   // of the largest
}

// recall is the share of open targets that were found, over all runs.
func (s *summary) recall() float64 { return share(float64(s.found), float64(s.open)) }

// rows is how many rows the tool wrote, over all runs.
func (s *summary) rows() uint64 { return s.found + s.duplicates + s.untrue }

// summarize sums up the records of some tests by series, in the order in which these begin.
func summarize(records []record, tests ...string) []summary {
	var order []series
	groups := make(map[series][]record)
	for _, r := range records {
		if !slices.Contains(tests, r.test) {
			continue
		}
		if groups[r.series()] == nil {
			order = append(order, r.series())
		}
		groups[r.series()] = append(groups[r.series()], r)
	}
	all := make([]summary, len(order))
	for i, of := range order {
		all[i] = sumUp(of, groups[of])
	}
	return all
}

// sumUp wants at least one record.
func sumUp(of series, records []record) summary {
	s := summary{series: of, runs: len(records)}
	var pps, cpu []float64
	for i := range records {
		r := &records[i]
		pps, cpu = append(pps, r.pps()), append(cpu, r.cpuPerMillion())
		s.open += r.open
		s.found += r.found
		s.duplicates += r.duplicates
		s.untrue += r.untrue
		s.rssBytes = max(s.rssBytes, r.rssBytes)
	}
	s.median, s.min, s.max = median(pps), slices.Min(pps), slices.Max(pps)
	s.cpuPerMillion = median(cpu)
	return s
}

// median is the middle of the values, of which there must be one: the mean of the middle two if their number is even.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	mid := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[mid]
	}
	return (sorted[mid-1] + sorted[mid]) / 2
}
