package main

import (
	"strings"
	"testing"

	"github.com/xsweep/xsweep/internal/bench"
)

func TestNumber(t *testing.T) {
	for _, tt := range []struct {
		v    float64
		want string
	}{
		{0, "0"}, {1, "1"}, {0.7346, "0.735"}, {9.944, "9.94"}, {12.34, "12.3"}, {1234.4, "1234"}, {0.00012, "0.0001"}, {2, "2"},
	} {
		if got := number(tt.v); got != tt.want {
			t.Errorf("number(%v) = %q, want %q", tt.v, got, tt.want)
		}
	}
}

func TestTables(t *testing.T) {
	tab := table{header: []string{"name", "Mpps", "mode"}, rows: [][]string{{"ä", "1.5", "copy"}, {"longer", "12.25", ""}}, note: "So."}
	want := "  name     Mpps  mode\n  ä         1.5  copy\n  longer  12.25\n\n  So.\n"
	if got := textTable(tab); got != want {
		t.Errorf("text:\n%s\nwant:\n%s", got, want)
	}
	want = "| name | Mpps | mode |\n|---|---|---|\n| ä | 1.5 | copy |\n| longer | 12.25 |  |\n\nSo.\n"
	if got := markdownTable(tab); got != want {
		t.Errorf("markdown:\n%s\nwant:\n%s", got, want)
	}
}

// TestBenchTables prints results of every kind. A recall below 1 and frames that were lost are seen as what they are.
func TestBenchTables(t *testing.T) {
	value := func(v float64) bench.Spread { return bench.Spread{Median: v, Min: v, Max: v} }
	scan := func(queues int, recall float64) bench.Result {
		return bench.Result{Kind: bench.KindScan, Engine: "xsk", Queues: queues, Where: "lab", Driver: "veth", Runs: 1, Targets: 131069,
			Mode: "XDP native, AF_XDP copy", Figures: map[bench.Figure]bench.Spread{
				bench.FigurePPS: value(2e6), bench.FigureRecall: value(recall), bench.FigureFalse: value(3),
				bench.FigureSent: value(1000), bench.FigureArrived: value(990), bench.FigureSyscalls: value(1.0 / 256),
			}}
	}
	results := []bench.Result{scan(1, 1), scan(2, 0.9999994)}
	for _, m := range bench.Methods() {
		results = append(results, bench.Result{Kind: bench.KindRX, Method: m.Name, Mode: m.What, Where: "lab", Runs: 5,
			Figures: map[bench.Figure]bench.Spread{bench.FigurePPS: {Median: 2e6, Min: 1e6, Max: 3e6}}})
	}
	var b strings.Builder
	if err := printBench(&b, results, markdownTable); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Whole scans in the lab (veth, XDP native, AF_XDP copy)",
		"| xsk | 1 | 131069 | 2 | - | - | 1/256 | 1 | 3 | 0 | 1 % |",
		"| 0.999999 | 3 |",
		"| UDP socket, recvmmsg | 2 (1 to 3) | - | - | - | - | - | - | 0.78 |",
		"| netfilter, iptables DROP |  |  |  |  |  |  |  | 1.27 |",
		bench.PublishedSource,
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the tables do not have %q:\n%s", want, &b)
		}
	}
}
