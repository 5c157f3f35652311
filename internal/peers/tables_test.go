package main

import (
	"strings"
	"testing"
)

// TestRatesTable has the ratio to the faster ZMap of the same world, and nothing found where nothing is open.
func TestRatesTable(t *testing.T) {
	drop := testRecord("drop", "zmap -T 2", 0, 2) // 1 Mpps
	drop.open, drop.findings = 0, findings{}
	records := []record{
		drop,
		testRecord("answer", "zmap -T 1", 0, 8),
		testRecord("answer", "zmap -T 2", 0, 4),   // 0.5 Mpps
		testRecord("answer", "xsweep", 0, 1.6),    // 1.25 Mpps
		testRecord("recall", "xsweep", 0, 0.0001), // not for this table
	}
	got := ratesTable(records)
	for _, row := range []string{
		"| drops | `zmap -T 2` | 1.00 | 1.00 | 1.00 | 1.00 | – | – | – | 2.0 | 9 MiB |\n",
		"| answers 1 % | `zmap -T 1` | 0.25 | 0.25 | 0.25 | 0.50 | 99.800 % | 3 | 1 | 2.0 | 9 MiB |\n",
		"| answers 1 % | `xsweep` | 1.25 | 1.25 | 1.25 | 2.50 | 99.800 % | 3 | 1 | 2.0 | 9 MiB |\n",
		"Runs of each: 1. Versions, as the tools print them: tool 1.0.\n",
	} {
		if !strings.Contains(got, row) {
			t.Errorf("table has no row %s:\n%s", row, got)
		}
	}
	if n := strings.Count(got, "| answers"); n != 3 {
		t.Errorf("table has %d rows of the answering world, want 3:\n%s", n, got)
	}
}

func TestRecallTableKeepsToolsTogether(t *testing.T) {
	got := recallTable([]record{
		testRecord("recall", "zmap", 100_000, 20), testRecord("recall", "masscan", 100_000, 20),
		testRecord("recall", "zmap", 0, 2), testRecord("recall", "masscan", 0, 4),
	})
	want := "| `zmap` | 100000 | 100000 | 99.800 % | 2 of 1000 | 3 | 1 |\n" +
		"| `zmap` | as fast as it goes | 1000000 | 99.800 % | 2 of 1000 | 3 | 1 |\n" +
		"| `masscan` | 100000 | 100000 |"
	if !strings.Contains(got, want) {
		t.Errorf("table:\n%s\nwant in it:\n%s", got, want)
	}
}

func TestPercent(t *testing.T) {
	for share, want := range map[float64]string{
		1: "100.000 %", 0: "0.000 %", 0.5: "50.000 %", 0.9999999: "> 99.999 %", 0.99999: "99.999 %",
	} {
		if got := percent(share); got != want {
			t.Errorf("percent(%v) = %q, want %q", share, got, want)
		}
	}
}
