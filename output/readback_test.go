package output

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
)

// lineNames returns a file name for each format that rows stay whole in, whatever happens.
func lineNames() []string { return []string{"x.csv", "x.json", "x.csv.gz", "x.json.zst"} }

// readRows returns the whole lines in the file at path, decompressed, and whether anything is behind them: a part of a
// line or of a compressed piece.
func readRows(t *testing.T, path string) (rows []byte, broken bool) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := io.ReadAll(decompress(t, path, f))
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%s: %v", path, err)
	}
	end := bytes.LastIndexByte(all, '\n') + 1
	return all[:end], err != nil || end < len(all)
}

// decompress goes by the name; it reads gzip with a library that does not write it here.
func decompress(t *testing.T, path string, r io.Reader) io.Reader {
	t.Helper()
	switch {
	case strings.HasSuffix(path, ".gz"):
		z, err := gzip.NewReader(r)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		return z
	case strings.HasSuffix(path, ".zst"):
		z, err := zstd.NewReader(r)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		t.Cleanup(z.Close)
		return z
	}
	return r
}

// checkRows wants rows to be the first that the records of vary make in a file called path, header and all.
func checkRows(t *testing.T, path string, rows []byte) {
	t.Helper()
	var want bytes.Buffer
	w, err := NewWriter(&want, Config{Format: FileFor(path).Format, Fields: Fields(), Header: true, Location: time.UTC})
	if err != nil {
		t.Fatal(err)
	}
	r := synackAllOptions()
	for n := uint64(0); want.Len() < len(rows); n++ {
		vary(&r, n)
		if err := errors.Join(w.Write(&r), w.Flush()); err != nil {
			t.Fatal(err)
		}
	}
	if len(rows) == 0 || !bytes.Equal(rows, want.Bytes()) {
		t.Errorf("%s: %d bytes of rows are not what was written", path, len(rows))
	}
}
