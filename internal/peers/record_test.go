package main

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func testRecord(test, contender string, askedPPS int, seconds float64) record {
	return record{
		test: test, contender: contender, version: "tool 1.0", askedPPS: askedPPS, probes: 2_000_000, bad: 1, seconds: seconds,
		open: 1000, findings: findings{found: 998, duplicates: 3, untrue: 1}, cpuSeconds: 4, rssBytes: 9 << 20,
	}
}

func TestRecordsReadBack(t *testing.T) {
	want := []record{testRecord("drop", "zmap -T 2", 0, 2), testRecord("recall", `a, "quoted" tool`, 100_000, 0.25)}
	var text bytes.Buffer
	if err := writeRecords(&text, want); err != nil {
		t.Fatal(err)
	}
	got, err := readRecords(&text)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		t.Errorf("read back:\n got %+v\nwant %+v", got, want)
	}
}

func TestReadRecordsRefuses(t *testing.T) {
	header := strings.Join(columns(), ",") + "\n"
	tests := []struct{ name, text, want string }{
		{"another file", "saddr,sport\n", "first line"},
		{"an empty file", "", "first line"},
		{"a row cut short", header + "drop,zmap\n", "wrong number of fields"},
		{"a word for a number", header + "drop,zmap,1,0,many,0,1,0,0,0,0,1,1,1,1\n", "record 1: probes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := readRecords(strings.NewReader(tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("readRecords(%q): error %v, want one with %q", tt.text, err, tt.want)
			}
		})
	}
}

// TestSaveRecordsReplaces measures in parts: a second measurement of a series takes the place of the first, others stay.
func TestSaveRecordsReplaces(t *testing.T) {
	path := filepath.Join(t.TempDir(), "records.csv")
	other, otherRate := testRecord("drop", "masscan", 0, 3), testRecord("drop", "zmap -T 1", 5000, 3)
	before := []record{testRecord("drop", "zmap -T 1", 0, 1), other, otherRate}
	now := []record{testRecord("drop", "zmap -T 1", 0, 2), testRecord("drop", "zmap -T 1", 0, 2.5)}
	for _, measured := range [][]record{before, now} {
		if err := saveRecords(path, measured); err != nil {
			t.Fatal(err)
		}
	}
	got, err := loadRecords(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := append([]record{other, otherRate}, now...); !slices.Equal(got, want) {
		t.Errorf("records:\n got %+v\nwant %+v", got, want)
	}
}

func TestLoadRecordsWithoutFile(t *testing.T) {
	if got, err := loadRecords(filepath.Join(t.TempDir(), "none.csv")); got != nil || err != nil {
		t.Errorf("loadRecords of no file = %v, %v, want none and no error", got, err)
	}
}
