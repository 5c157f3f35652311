package output

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestCompressedRowsCanBeReadAfterSync reads a file that is being written.
func TestCompressedRowsCanBeReadAfterSync(t *testing.T) {
	for _, name := range []string{"x.csv.gz", "x.json.gz", "x.csv.zst", "x.json.zst"} {
		f := in(t.TempDir(), name)
		g, err := OpenGroup([]File{f}, Config{Fields: Fields(), Location: time.UTC})
		if err != nil {
			t.Fatal(err)
		}
		for n := range 3 {
			r := rst()
			if err := g.Write(&r); err != nil {
				t.Fatal(err)
			}
			if err := g.Sync(); err != nil {
				t.Fatal(err)
			}
			rows, broken := readRows(t, f.Path)
			if got := strings.Count(string(rows), "\n"); got != n+1 || broken {
				t.Errorf("%s: %d rows can be read, want %d", name, got, n+1)
			}
		}
		if err := g.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFlushMakesNoSmallPieces flushes often and writes nothing; once the time has come, it does.
func TestFlushMakesNoSmallPieces(t *testing.T) {
	sink, err := Create(filepath.Join(t.TempDir(), "x.csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer sink.Close()
	f, err := newLineFile(sink, File{Compression: Gzip}, Config{Fields: Fields()})
	if err != nil {
		t.Fatal(err)
	}
	r := rst()
	for range 100 {
		if err := f.Write(&r); err != nil {
			t.Fatal(err)
		}
		if err := f.Flush(); err != nil || f.Written() != 0 {
			t.Fatalf("Flush at once: %v, %d rows written, want none", err, f.Written())
		}
	}
	f.flushed = f.flushed.Add(-pieceEvery)
	if err := f.Flush(); err != nil || f.Written() != 100 {
		t.Errorf("Flush after %v: %v, %d rows written, want 100", pieceEvery, err, f.Written())
	}
}

// TestPiecesAreBounded writes megabytes without a Flush: they go out in pieces all the same.
func TestPiecesAreBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.json.zst")
	g, err := OpenGroup([]File{FileFor(path)}, Config{Fields: Fields(), Header: true, Location: time.UTC})
	if err != nil {
		t.Fatal(err)
	}
	r := synackAllOptions()
	last, pieces := int64(0), 0
	for n := range uint64(8_000) { // 4 MB
		vary(&r, n)
		if err := g.Write(&r); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() > last {
			last, pieces = info.Size(), pieces+1
		}
	}
	if pieces < 10 || pieces > 20 {
		t.Errorf("%d pieces, want one for each %d bytes", pieces, pieceSize)
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	rows, _ := readRows(t, path)
	checkRows(t, path, rows)
}

func TestCompressionNames(t *testing.T) {
	for c, want := range map[Compression]string{Uncompressed: "none", Gzip: "gzip", Zstd: "zstd", 9: "compression 9"} {
		if got := c.String(); got != want {
			t.Errorf("Compression(%d) is called %q, want %q", c, got, want)
		}
	}
	if _, err := OpenGroup([]File{{Path: os.DevNull, Compression: 9}}, Config{Fields: Fields()}); err == nil ||
		err.Error() != "no such compression 9" {
		t.Errorf("OpenGroup: %v", err)
	}
}
