package output

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// in is FileFor a name in dir.
func in(dir, name string) File { return FileFor(filepath.Join(dir, name)) }

// TestGroupWritesAllFiles compares each file with what a Writer makes of the same records.
func TestGroupWritesAllFiles(t *testing.T) {
	dir := t.TempDir()
	var files []File
	for _, name := range lineNames() {
		files = append(files, in(dir, name))
	}
	cfg := Config{Fields: Fields(), Header: true, Location: time.UTC, Only: func(r *Record) bool { return r.Class != ICMP }}
	g, err := OpenGroup(files, cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range allShapes() {
		if err := g.Write(&r); err != nil {
			t.Fatal(err)
		}
	}
	if g.Rows() != 3 || g.Filtered() != 1 {
		t.Errorf("%d rows, %d filtered, want 3 and 1", g.Rows(), g.Filtered())
	}
	if err := errors.Join(g.Close(), g.Close()); err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		cfg.Format = f.Format
		got, broken := readRows(t, f.Path)
		if want := render(t, cfg, allShapes()...); string(got) != string(want) || broken {
			t.Errorf("%s:\n got %s\nwant %s", f.Path, got, want)
		}
	}
	r := rst()
	for name, call := range map[string]func() error{
		"Write": func() error { return g.Write(&r) }, "Flush": g.Flush, "Sync": g.Sync,
	} {
		if err := call(); !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s after Close: %v, want os.ErrClosed", name, err)
		}
	}
}

// TestGroupWritten: a row is written when it is in every file, and in Parquet when that is complete.
func TestGroupWritten(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct {
		names           []string
		flushed, closed uint64
	}{
		{[]string{"a.csv", "b.json"}, 4, 4},
		{[]string{"a.csv", "b.json.gz"}, 0, 4}, // a piece is not full yet
		{[]string{"a.csv", "b.parquet"}, 0, 4},
	} {
		var files []File
		for _, name := range tt.names {
			files = append(files, in(dir, name))
		}
		g, err := OpenGroup(files, Config{Fields: Fields()})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range allShapes() {
			if err := g.Write(&r); err != nil {
				t.Fatal(err)
			}
		}
		if g.Written() != 0 {
			t.Errorf("%q: %d rows are written before a Flush", tt.names, g.Written())
		}
		if err := g.Flush(); err != nil || g.Written() != tt.flushed {
			t.Errorf("%q: %d rows are written after a Flush, %v; want %d", tt.names, g.Written(), err, tt.flushed)
		}
		if err := g.Close(); err != nil || g.Written() != tt.closed {
			t.Errorf("%q: %d rows are written after Close, %v; want %d", tt.names, g.Written(), err, tt.closed)
		}
	}
	if g := (&Group{rows: 3, files: []groupFile{{rowWriter: failing{}}}}); g.Written() != 0 {
		t.Errorf("of a file without rows %d are written", g.Written())
	}
}

// TestOpenGroupLeavesNothingHalfMade opens a list whose last file cannot be: old contents stay, new files go.
func TestOpenGroupLeavesNothingHalfMade(t *testing.T) {
	tests := []struct {
		name string
		last string
		cfg  Config
		want error // nil: any
	}{
		{"missing directory", "missing/x.csv", Config{Fields: Fields()}, unix.ENOENT},
		{"a directory", ".", Config{Fields: Fields()}, unix.EISDIR},
		{"a directory for parquet", "dir.parquet", Config{Fields: Fields()}, unix.EISDIR},
		{"missing directory for parquet", "missing/x.parquet", Config{Fields: Fields()}, unix.ENOENT},
		{"no fields", "x.json", Config{}, nil},
		{"no fields for parquet", "y.parquet", Config{}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := errors.Join(os.Mkdir(filepath.Join(dir, "dir.parquet"), 0o700),
				os.WriteFile(filepath.Join(dir, "old.csv"), []byte("old\n"), 0o600)); err != nil {
				t.Fatal(err)
			}
			_, err := OpenGroup([]File{in(dir, "old.csv"), in(dir, "new.csv.gz"), in(dir, "x.parquet"), in(dir, tt.last)}, tt.cfg)
			if err == nil || tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("OpenGroup: %v, want %v", err, tt.want)
			}
			if tt.want != nil && !strings.HasPrefix(err.Error(), "create "+filepath.Join(dir, tt.last)) {
				t.Errorf("OpenGroup: %q does not begin with the file's name", err)
			}
			if old, err := os.ReadFile(filepath.Join(dir, "old.csv")); string(old) != "old\n" {
				t.Errorf("old.csv holds %q, %v", old, err)
			}
			if got := listDir(t, dir); !slices.Equal(got, []string{"dir.parquet", "old.csv"}) {
				t.Errorf("%q are left", got)
			}
		})
	}
}

// listDir lists a directory.
func listDir(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

// fill writes the records of vary to files until there is an error, and closes.
func fill(t *testing.T, files ...File) (g *Group, writing, closing error) {
	t.Helper()
	g, err := OpenGroup(files, Config{Fields: Fields(), Header: true, Location: time.UTC})
	if err != nil {
		t.Fatal(err)
	}
	r := synackAllOptions()
	for n := uint64(0); err == nil; n++ {
		vary(&r, n)
		err = g.Write(&r)
	}
	return g, err, g.Close()
}

// TestGroupReaderStops has the reader of a pipe leave in mid-scan, for each format. The other file is whole.
func TestGroupReaderStops(t *testing.T) {
	for _, f := range []File{{Format: CSV}, {Format: JSON}, {Format: CSV, Compression: Gzip},
		{Format: JSON, Compression: Zstd}, {Format: Parquet}} {
		t.Run(f.Format.String()+" "+f.Compression.String(), func(t *testing.T) {
			dir := t.TempDir()
			f.Path = filepath.Join(dir, "pipe")
			if err := unix.Mkfifo(f.Path, 0o600); err != nil {
				t.Fatal(err)
			}
			go func() {
				if r, err := os.Open(f.Path); err == nil {
					_, _ = io.ReadFull(r, make([]byte, 10))
					r.Close()
				}
			}()
			g, err, closing := fill(t, f, in(dir, "x.csv"))
			if !errors.Is(err, unix.EPIPE) || !strings.HasPrefix(err.Error(), "write "+f.Path+": broken pipe (") {
				t.Errorf("Write: %v, want the path and %v", err, unix.EPIPE)
			}
			if !errors.Is(closing, err) {
				t.Errorf("Close: %v, want what Write returned", closing)
			}
			rows, broken := readRows(t, filepath.Join(dir, "x.csv"))
			if got := uint64(strings.Count(string(rows), "\n")); got != g.Rows()+1 || broken {
				t.Errorf("the other file has %d lines, want %d", got, g.Rows()+1)
			}
			if got := listDir(t, dir); !slices.Equal(got, []string{"pipe", "x.csv"}) {
				t.Errorf("%q are there: was the pipe replaced?", got)
			}
		})
	}
}

// failing is a rowWriter whose methods return err.
type failing struct{ err error }

func (f failing) Write(*Record) error { return f.err }
func (f failing) Flush() error        { return f.err }
func (f failing) Sync() error         { return f.err }
func (f failing) Mark() (Mark, error) { return Mark{}, f.err }
func (f failing) Close() error        { return f.err }
func (f failing) Written() uint64     { return 0 }

func TestGroupReportsTheFirstErrorAndAllAtTheEnd(t *testing.T) {
	first, second := errors.New("write a.csv: no space"), errors.New("write b.csv: no space")
	r := rst()
	tests := []struct {
		name string
		call func(*Group) error
	}{
		{"Write", func(g *Group) error { return g.Write(&r) }},
		{"Flush", (*Group).Flush},
		{"Sync", (*Group).Sync},
		{"Mark", func(g *Group) error { _, err := g.Mark(); return err }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := &Group{files: []groupFile{{rowWriter: failing{}}, {rowWriter: failing{first}}, {rowWriter: failing{second}}}}
			if err := tt.call(g); !errors.Is(err, first) || errors.Is(err, second) {
				t.Errorf("%s: %v, want the first error", tt.name, err)
			}
			for _, again := range []error{g.Write(&r), g.Flush(), g.Sync()} {
				if !errors.Is(again, first) {
					t.Errorf("after the error: %v, want it again", again)
				}
			}
			const want = "write a.csv: no space; write b.csv: no space"
			for range 2 {
				if err := g.Close(); err == nil || err.Error() != want {
					t.Errorf("Close: %v, want %s", err, want)
				}
			}
		})
	}
}

func TestGroupAllocs(t *testing.T) {
	g, err := OpenGroup([]File{{Path: os.DevNull, Format: JSON}}, Config{Fields: Fields()})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	r := synackAllOptions()
	if n := testing.AllocsPerRun(1000, func() {
		if err := g.Write(&r); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("a record allocates %v times, want 0", n)
	}
}
