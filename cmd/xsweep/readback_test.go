package main

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
)

// readRows reads an output file of any format, in the way of CSV: a row is the text of its fields, null is empty.
func readRows(t *testing.T, path string, fields []string) []string {
	t.Helper()
	if filepath.Ext(path) == ".parquet" {
		return readParquet(t, path)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := decompress(t, path, f)
	if strings.Contains(path, ".json") {
		return readJSON(t, lines, fields)
	}
	all, err := csv.NewReader(lines).ReadAll()
	if err != nil || len(all) == 0 || strings.Join(all[0], ",") != strings.Join(fields, ",") {
		t.Fatalf("%s: header of %.1v, %v", path, all, err)
	}
	var rows []string
	for _, row := range all[1:] {
		rows = append(rows, strings.Join(row, ","))
	}
	return rows
}

func decompress(t *testing.T, path string, r io.Reader) io.Reader {
	t.Helper()
	switch filepath.Ext(path) {
	case ".gz":
		z, err := gzip.NewReader(r)
		if err != nil {
			t.Fatal(err)
		}
		return z
	case ".zst":
		z, err := zstd.NewReader(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(z.Close)
		return z
	}
	return r
}

func readJSON(t *testing.T, r io.Reader, fields []string) []string {
	t.Helper()
	var rows []string
	for lines := bufio.NewScanner(r); lines.Scan(); {
		var object map[string]any
		dec := json.NewDecoder(strings.NewReader(lines.Text()))
		dec.UseNumber()
		if err := dec.Decode(&object); err != nil {
			t.Fatalf("%q: %v", lines.Text(), err)
		}
		row := make([]string, len(fields))
		for i, name := range fields {
			switch v := object[name].(type) {
			case string:
				row[i] = v
			case json.Number:
				row[i] = v.String()
			case bool:
				row[i] = map[bool]string{false: "0", true: "1"}[v]
			}
		}
		rows = append(rows, strings.Join(row, ","))
	}
	return rows
}

func readParquet(t *testing.T, path string) []string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := parquet.NewReader(f)
	defer r.Close()
	var rows []string
	buf := make([]parquet.Row, 100)
	for {
		n, err := r.ReadRows(buf)
		for _, row := range buf[:n] {
			texts := make([]string, len(row))
			for i, v := range row {
				texts[i] = parquetText(v)
			}
			rows = append(rows, strings.Join(texts, ","))
		}
		if errors.Is(err, io.EOF) {
			return rows
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func parquetText(v parquet.Value) string {
	switch {
	case v.IsNull():
		return ""
	case v.Kind() == parquet.Boolean:
		return map[bool]string{false: "0", true: "1"}[v.Boolean()]
	case v.Kind() == parquet.Int32:
		return strconv.FormatUint(uint64(uint32(v.Int32())), 10)
	}
	return v.String()
}
