package output

import (
	"fmt"
	"strings"
)

// Format is the layout of a row.
type Format uint8

// The formats. The zero Format is CSV.
const (
	CSV     Format = iota // comma-separated values, RFC 4180 with \n line ends
	JSON                  // one JSON object per line
	Parquet               // Apache Parquet, columns instead of lines: OpenGroup only
)

// String returns the name that ParseFormat takes.
func (f Format) String() string {
	if names := formatNames(); int(f) < len(names) {
		return names[f]
	}
	return fmt.Sprintf("format %d", uint8(f))
}

// ParseFormat reads the name of a format: csv, json or parquet. The error for any other names them.
func ParseFormat(name string) (Format, error) {
	names := formatNames()
	for i, n := range names {
		if n == name {
			return Format(i), nil
		}
	}
	return 0, fmt.Errorf("unknown output format %q: there are %s", name, strings.Join(names, ", "))
}

func formatNames() []string { return []string{CSV: "csv", JSON: "json", Parquet: "parquet"} }
