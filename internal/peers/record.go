package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
)

// record is what one measurement gave. All of it is counted, nothing is computed but from counts.
type record struct {
	test      string // name of the test
	contender string
	version   string // as the tool prints it
	askedPPS  int    // probes per second; 0 is as fast as the tool goes

	probes  uint64  // that arrived
	bad     uint64  // of them with a bad checksum
	seconds float64 // between the first and the last of them, summed over the runs of the tool
	open    uint64  // open targets among those that were to be probed
	findings
	cpuSeconds float64 // of the child: user and system
	rssBytes   int64
}

// pps is the rate at which probes arrived.
func (r *record) pps() float64 { return share(float64(r.probes), r.seconds) }

// recall is the share of open targets that were found.
func (r *record) recall() float64 { return share(float64(r.found), float64(r.open)) }

// cpuPerMillion is CPU seconds per million probes.
func (r *record) cpuPerMillion() float64 { return share(r.cpuSeconds*1e6, float64(r.probes)) }

func share(part, whole float64) float64 {
	if whole == 0 {
		return 0
	}
	return part / whole
}

// columns are the fields of a record, in the order of a file.
func columns() []string {
	return []string{
		"test", "contender", "version", "asked_pps", "probes", "bad_checksums", "seconds", "open", "found", "duplicates",
		"false", "cpu_seconds", "rss_bytes", "pps", "recall",
	}
}

func (r *record) row() []string {
	whole := func(n uint64) string { return strconv.FormatUint(n, 10) }
	return []string{
		r.test, r.contender, r.version, strconv.Itoa(r.askedPPS), whole(r.probes), whole(r.bad),
		fmt.Sprintf("%.6f", r.seconds), whole(r.open), whole(r.found), whole(r.duplicates), whole(r.untrue),
		fmt.Sprintf("%.3f", r.cpuSeconds), strconv.FormatInt(r.rssBytes, 10),
		fmt.Sprintf("%.0f", r.pps()), fmt.Sprintf("%.6f", r.recall()),
	}
}

// parseRecord reads what row writes. The last two columns, for people, are computed from the others anew.
func parseRecord(row []string) (record, error) {
	if len(row) != len(columns()) {
		return record{}, fmt.Errorf("%d columns: want %d", len(row), len(columns()))
	}
	r := record{test: row[0], contender: row[1], version: row[2]}
	var errs []error
	number := func(i int, set func(text string) error) {
		if err := set(row[i]); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", columns()[i], err))
		}
	}
	whole := func(to *uint64) func(string) error {
		return func(text string) (err error) { *to, err = strconv.ParseUint(text, 10, 64); return err }
	}
	decimal := func(to *float64) func(string) error {
		return func(text string) (err error) { *to, err = strconv.ParseFloat(text, 64); return err }
	}
	number(3, func(text string) (err error) { r.askedPPS, err = strconv.Atoi(text); return err })
	number(4, whole(&r.probes))
	number(5, whole(&r.bad))
	number(6, decimal(&r.seconds))
	number(7, whole(&r.open))
	number(8, whole(&r.found))
	number(9, whole(&r.duplicates))
	number(10, whole(&r.untrue))
	number(11, decimal(&r.cpuSeconds))
	number(12, func(text string) (err error) { r.rssBytes, err = strconv.ParseInt(text, 10, 64); return err })
	return r, errors.Join(errs...)
}

func writeRecords(w io.Writer, records []record) error {
	out := csv.NewWriter(w)
	rows := [][]string{columns()}
	for i := range records {
		rows = append(rows, records[i].row())
	}
	return out.WriteAll(rows)
}

func readRecords(r io.Reader) ([]record, error) {
	in := csv.NewReader(r)
	rows, err := in.ReadAll()
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 || !slices.Equal(rows[0], columns()) {
		return nil, errors.New("no records: the first line is not that of such a file")
	}
	var records []record
	for i, row := range rows[1:] {
		rec, err := parseRecord(row)
		if err != nil {
			return nil, fmt.Errorf("record %d: %w", i+1, err)
		}
		records = append(records, rec)
	}
	return records, nil
}

// loadRecords reads a file of records; none is no error.
func loadRecords(path string) ([]record, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	records, err := readRecords(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return records, nil
}

// saveRecords puts measured in the place of what the file has of the same tests, contenders and rates, and leaves the rest,
// so that a long measurement can be made in parts.
func saveRecords(path string, measured []record) error {
	kept, err := loadRecords(path)
	if err != nil {
		return err
	}
	kept = slices.DeleteFunc(kept, func(old record) bool {
		return slices.ContainsFunc(measured, func(r record) bool { return r.series() == old.series() })
	})
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(writeRecords(f, append(kept, measured...)), f.Close())
}

// series is what measurements have in common that were made to be summed up by their median.
type series struct {
	test, contender string
	askedPPS        int
}

func (r *record) series() series { return series{r.test, r.contender, r.askedPPS} }
