package output

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
)

// writeParquet writes the records that each yields through a Group of a Parquet and a JSON file in dir. Row groups are
// small.
func writeParquet(t *testing.T, dir string, fields []Field, each func(write func(Record))) (table, lines string) {
	t.Helper()
	table, lines = filepath.Join(dir, "x.parquet"), filepath.Join(dir, "x.json")
	g, err := OpenGroup([]File{FileFor(table), FileFor(lines)}, Config{Fields: fields, Location: time.UTC})
	if err != nil {
		t.Fatal(err)
	}
	g.files[0].rowWriter.(*parquetFile).full = 2 * batchRows
	each(func(r Record) {
		if err := g.Write(&r); err != nil {
			t.Fatal(err)
		}
	})
	if err := errors.Join(g.Flush(), g.Sync()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(table); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("before Close: %v, want no file at %s", err, table)
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(table + partialSuffix); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after Close: %v, want no partial file", err)
	}
	return table, lines
}

// openParquet opens a Parquet file for reading.
func openParquet(t *testing.T, path string) *parquet.File {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	file, err := parquet.OpenFile(f, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// eachParquetRow calls do with the values of every row that are not null, by column.
func eachParquetRow(t *testing.T, file *parquet.File, do func(map[string]any)) {
	t.Helper()
	columns := file.Schema().Columns()
	rows := make([]parquet.Row, 100)
	for _, group := range file.RowGroups() {
		reader := group.Rows()
		for {
			n, err := reader.ReadRows(rows)
			for _, row := range rows[:n] {
				do(plainRow(columns, row))
			}
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := reader.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// plainRow has numbers as json.Number, for a comparison with JSON.
func plainRow(columns [][]string, row parquet.Row) map[string]any {
	plain := make(map[string]any)
	for _, v := range row {
		name := columns[v.Column()][0]
		switch {
		case v.IsNull():
		case v.Kind() == parquet.Boolean:
			plain[name] = v.Boolean()
		case v.Kind() == parquet.ByteArray:
			plain[name] = string(v.ByteArray())
		case v.Kind() == parquet.Int32:
			plain[name] = jsonNumber(uint64(v.Uint32()))
		default:
			plain[name] = jsonNumber(v.Uint64())
		}
	}
	return plain
}

func jsonNumber(n uint64) json.Number {
	text, _ := json.Marshal(n)
	return json.Number(text)
}

// TestParquetHoldsWhatJSONHolds writes several row groups of rows of all shapes, and compares every value.
func TestParquetHoldsWhatJSONHolds(t *testing.T) {
	const rows = 10*2*batchRows + batchRows/2 // the last row group and the last batch are not full
	table, lines := writeParquet(t, t.TempDir(), Fields(), func(write func(Record)) {
		shapes := allShapes()
		for n := range rows {
			vary(&shapes[n%4], uint64(n))
			write(shapes[n%4])
		}
	})
	file := openParquet(t, table)
	if got := len(file.RowGroups()); got != 11 || file.NumRows() != rows {
		t.Errorf("%d rows in %d row groups, want %d in 11", file.NumRows(), got, rows)
	}
	jsonFile, err := os.Open(lines)
	if err != nil {
		t.Fatal(err)
	}
	defer jsonFile.Close()
	want := json.NewDecoder(jsonFile)
	want.UseNumber()
	n := 0 // of the row
	eachParquetRow(t, file, func(got map[string]any) {
		var row map[string]any
		if err := want.Decode(&row); err != nil {
			t.Fatal(err)
		}
		if !maps.Equal(got, row) {
			t.Fatalf("row %d:\n got %v\nwant %v", n, got, row)
		}
		n++
	})
	if n != rows {
		t.Errorf("%d rows were read, want %d", n, rows)
	}
}

// TestParquetMemoryIsBounded writes row groups of full size and looks at the heap while they fill.
func TestParquetMemoryIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a second")
	}
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	g, err := OpenGroup([]File{in(t.TempDir(), "x.parquet")}, Config{Fields: Fields()})
	if err != nil {
		t.Fatal(err)
	}
	before, most := heap(), uint64(0)
	r := synackAllOptions()
	for n := range uint64(2*rowGroupRows + 1) {
		vary(&r, n)
		if err := g.Write(&r); err != nil {
			t.Fatal(err)
		}
		if n%(rowGroupRows/4) == rowGroupRows/4-1 {
			most = max(most, heap())
		}
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d KiB at most", (most-before)>>10)
	if most-before > 16<<20 {
		t.Errorf("%d KiB on the heap, want less than 16 MiB", (most-before)>>10)
	}
}

// TestParquetColumns wants the fields in the user's order, each once, with the type that a reader sees.
func TestParquetColumns(t *testing.T) {
	fields := mustParse(t, "success,timestamp_str,saddr,sport,tcpopt_wscale,timestamp_ts,sport")
	table, _ := writeParquet(t, t.TempDir(), fields, func(func(Record)) {})
	file := openParquet(t, table)
	if file.NumRows() != 0 {
		t.Errorf("%d rows, want none", file.NumRows())
	}
	const want = `message xsweep {
	optional boolean success;
	optional binary timestamp_str (STRING);
	optional binary saddr (STRING);
	optional int32 sport (INT(32,false));
	optional int64 tcpopt_wscale (INT(64,true));
	optional int64 timestamp_ts (INT(64,true));
}`
	if got := file.Schema().String(); got != want {
		t.Errorf("schema:\n%s\nwant\n%s", got, want)
	}
}

// TestNarrowColumnsAreWideEnough writes the largest value that each field can have.
func TestNarrowColumnsAreWideEnough(t *testing.T) {
	largest := Record{Time: math.MaxInt64, Saddr: ^uint32(0), Daddr: ^uint32(0), Seqnum: ^uint32(0), Acknum: ^uint32(0),
		TSVal: ^uint32(0), TSEcr: ^uint32(0), ICMPResponder: ^uint32(0), IPID: ^uint16(0), Sport: ^uint16(0),
		Dport: ^uint16(0), Window: ^uint16(0), MSS: ^uint16(0), TTL: 255, WScale: 255, ICMPType: 255, ICMPCode: 255,
		HasMSS: true, HasWScale: true, HasSACKPerm: true, HasTS: true}
	for _, class := range []Class{SYNACK, ICMP} {
		largest.Class = class
		for _, f := range Fields() {
			v := f.get(&largest)
			if v.kind == integer && isNarrow(f.Name) && v.n > math.MaxUint32 || v.n > math.MaxInt64 {
				t.Errorf("%s can be %d, which its column cannot", f.Name, v.n)
			}
		}
	}
}

// TestParquetReplacesAnOldFile leaves the old one until the new one is complete, also behind a symbolic link.
func TestParquetReplacesAnOldFile(t *testing.T) {
	dir := t.TempDir()
	old, link := filepath.Join(dir, "old.parquet"), filepath.Join(dir, "link.parquet")
	if err := errors.Join(os.WriteFile(old, []byte("old"), 0o600), os.Symlink("old.parquet", link)); err != nil {
		t.Fatal(err)
	}
	g, err := OpenGroup([]File{FileFor(link)}, Config{Fields: Fields()})
	if err != nil {
		t.Fatal(err)
	}
	r := rst()
	if err := g.Write(&r); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(old); string(text) != "old" {
		t.Errorf("before Close: %q, %v, want the old contents", text, err)
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if rows := openParquet(t, old).NumRows(); rows != 1 {
		t.Errorf("%d rows, want 1", rows)
	}
	if got := listDir(t, dir); !slices.Equal(got, []string{"link.parquet", "old.parquet"}) {
		t.Errorf("%q are there", got)
	}
}

func TestWriterRefusesParquet(t *testing.T) {
	if _, err := NewWriter(io.Discard, Config{Format: Parquet, Fields: Fields()}); err == nil ||
		!strings.Contains(err.Error(), "parquet") {
		t.Errorf("NewWriter: %v, want an error about parquet", err)
	}
}
