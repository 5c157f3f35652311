package main

import "testing"

func TestMedian(t *testing.T) {
	tests := []struct {
		values []float64
		want   float64
	}{
		{[]float64{7}, 7},
		{[]float64{9, 1, 5}, 5},
		{[]float64{4, 1, 3, 2}, 2.5},
		{[]float64{1, 1, 1000}, 1},
	}
	for _, tt := range tests {
		before := tt.values[0]
		if got := median(tt.values); got != tt.want {
			t.Errorf("median(%v) = %v, want %v", tt.values, got, tt.want)
		}
		if tt.values[0] != before {
			t.Errorf("median sorts the caller's values: %v", tt.values)
		}
	}
}

func TestSummarize(t *testing.T) {
	records := []record{
		testRecord("answer", "zmap", 0, 4), // 0.5 Mpps
		testRecord("answer", "xsweep", 0, 1),
		testRecord("recall", "zmap", 0, 1), // another test
		testRecord("answer", "zmap", 0, 1), // 2 Mpps
		testRecord("answer", "zmap", 0, 2), // 1 Mpps
	}
	records[3].cpuSeconds, records[4].rssBytes = 8, 12<<20
	all := summarize(records, "answer")
	if len(all) != 2 || all[0].contender != "zmap" || all[1].contender != "xsweep" {
		t.Fatalf("summaries = %+v, want zmap's, then xsweep's", all)
	}
	want := summary{
		series: series{"answer", "zmap", 0}, runs: 3, median: 1e6, min: 0.5e6, max: 2e6,
		open: 3000, findings: findings{found: 2994, duplicates: 9, untrue: 3}, cpuPerMillion: 2, rssBytes: 12 << 20,
	}
	if all[0] != want {
		t.Errorf("summary:\n got %+v\nwant %+v", all[0], want)
	}
	if got, want := all[0].recall(), 0.998; got != want {
		t.Errorf("recall = %v, want %v", got, want)
	}
}
