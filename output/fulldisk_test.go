package output

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/internal/lab/labtest"
)

// TestFullDisk fills a disk with each format and gives up. What is left reads to the end, without an error, and is whole
// rows; the error says which file it was.
func TestFullDisk(t *testing.T) {
	for _, name := range lineNames() {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(labtest.SmallDisk(t, 1<<20), name)
			_, err, closing := fill(t, FileFor(path))
			checkFull(t, err, closing, path)
			rows, broken := readRows(t, path)
			if broken {
				t.Errorf("%s does not end with a row", path)
			}
			checkRows(t, path, rows)
		})
	}
}

// checkFull wants an error of writing that may pass, and one of closing that says what it came to.
func checkFull(t *testing.T, writing, closing error, path string) {
	t.Helper()
	want := "write " + path + ": no space left on device"
	if !errors.Is(writing, ErrFull) || !errors.Is(writing, unix.ENOSPC) || writing.Error() != want {
		t.Errorf("Write: %v, want %s, and that it is ErrFull", writing, want)
	}
	if errors.Is(closing, ErrFull) || !errors.Is(closing, unix.ENOSPC) || !strings.HasPrefix(closing.Error(), want+" (whole rows written: ") {
		t.Errorf("Close: %v, want %s, final, and how many rows there are", closing, want)
	}
}

// fillWith takes size bytes of a disk.
func fillWith(t *testing.T, dir string, size int) (path string) {
	t.Helper()
	path = filepath.Join(dir, "filler")
	if err := os.WriteFile(path, make([]byte, size), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestFullDiskFreed fills a disk with each format, several times, and makes some room each time. All rows accepted are there in
// the end, here and in a file on another disk. While there is no room, no row is accepted, and the file is whole rows.
func TestFullDiskFreed(t *testing.T) {
	for _, name := range lineNames() {
		t.Run(name, func(t *testing.T) {
			full, dir := labtest.SmallDisk(t, 2<<20), t.TempDir()
			var fillers []string
			for _, size := range []int{1, 300 << 10, 1 << 20} {
				sub := filepath.Join(full, fmt.Sprint(size))
				if err := os.Mkdir(sub, 0o700); err != nil {
					t.Fatal(err)
				}
				fillers = append(fillers, fillWith(t, sub, size))
			}
			files := []File{in(full, name), in(dir, "x.csv")}
			g, err := OpenGroup(files, Config{Fields: Fields(), Header: true, Location: time.UTC})
			if err != nil {
				t.Fatal(err)
			}
			r := synackAllOptions()
			for n := uint64(0); len(fillers) > 0; n++ {
				vary(&r, n)
				for err := g.Write(&r); err != nil; err = g.Flush() { // of which one is a page too little for the next
					if !errors.Is(err, ErrFull) {
						t.Fatal(err)
					}
					checkWaiting(t, g, files[0].Path)
					if err := os.Remove(fillers[0]); err != nil {
						t.Fatal(err)
					}
					fillers = fillers[1:]
				}
			}
			if err := errors.Join(g.Sync(), g.Close()); err != nil {
				t.Fatal(err)
			}
			for _, f := range files {
				rows, broken := readRows(t, f.Path)
				if got := uint64(strings.Count(string(rows), "\n")); broken || got != g.Rows()+1 && f.Format == CSV || got != g.Rows() && f.Format == JSON {
					t.Errorf("%s has %d lines of %d rows", f.Path, got, g.Rows())
				}
				checkRows(t, f.Path, rows)
			}
		})
	}
}

// checkWaiting asks everything of a Group that waits for room on the disk of path.
func checkWaiting(t *testing.T, g *Group, path string) {
	t.Helper()
	rows, r := g.Rows(), rst()
	_, failed := g.Mark()
	for call, err := range map[string]error{"Write": g.Write(&r), "Flush": g.Flush(), "Sync": g.Sync(), "Mark": failed} {
		if !errors.Is(err, ErrFull) {
			t.Errorf("%s without room: %v, want %v", call, err, ErrFull)
		}
	}
	if g.Rows() != rows {
		t.Errorf("%d rows were accepted without room for them", g.Rows()-rows)
	}
	if _, broken := readRows(t, path); broken {
		t.Errorf("%s does not end with a row", path)
	}
}

// TestFullDiskOfOneFile has one file of three on a full disk: the others get every row, the one that met the error
// included.
func TestFullDiskOfOneFile(t *testing.T) {
	full, dir := labtest.SmallDisk(t, 256<<10), t.TempDir()
	before, after := filepath.Join(dir, "x.csv"), filepath.Join(dir, "x.json.zst")
	g, err, closing := fill(t, FileFor(before), FileFor(filepath.Join(full, "x.json")), FileFor(after))
	checkFull(t, err, closing, filepath.Join(full, "x.json"))
	for path, lines := range map[string]uint64{before: g.Rows() + 1, after: g.Rows()} {
		rows, broken := readRows(t, path)
		if got := uint64(strings.Count(string(rows), "\n")); got != lines || broken {
			t.Errorf("%s has %d lines, want %d", path, got, lines)
		}
	}
}

// TestFullDiskOfParquet wants no file that looks complete.
func TestFullDiskOfParquet(t *testing.T) {
	path := filepath.Join(labtest.SmallDisk(t, 1<<20), "x.parquet")
	_, err, closing := fill(t, FileFor(path))
	if !errors.Is(err, unix.ENOSPC) || !strings.HasPrefix(err.Error(), "write "+path+".partial: no space") {
		t.Errorf("Write: %v, want the path and %v", err, unix.ENOSPC)
	}
	if !errors.Is(closing, err) {
		t.Errorf("Close: %v, want what Write returned", closing)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s: %v, want no such file", path, err)
	}
}

// TestFullDiskOfStatus fills a disk with status rows: the file ends with a row, and goes on when there is room.
func TestFullDiskOfStatus(t *testing.T) {
	dir := labtest.SmallDisk(t, 16<<10)
	path, filler := filepath.Join(dir, "status.csv"), fillWith(t, dir, 8<<10)
	w, err := CreateStatus(path)
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		err = w.Write(&Status{})
	}
	if again := w.Write(&Status{}); !errors.Is(err, ErrFull) || !errors.Is(again, ErrFull) {
		t.Errorf("Write: %v, then %v, want %v each time", err, again, ErrFull)
	}
	if _, broken := readRows(t, path); broken {
		t.Errorf("%s does not end with a row", path)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	before, _ := readRows(t, path)
	if err := errors.Join(w.Write(&Status{}), w.Close()); err != nil {
		t.Error(err)
	}
	if after, _ := readRows(t, path); strings.Count(string(after), "\n") != strings.Count(string(before), "\n")+1 {
		t.Errorf("no row came after there was room:\n%s", after)
	}
}

// TestFullDiskOfMetadata wants neither a part of the metadata nor a file beside it.
func TestFullDiskOfMetadata(t *testing.T) {
	dir := labtest.SmallDisk(t, 4<<10)
	path := filepath.Join(dir, "m.json")
	m := Metadata{Notes: strings.Repeat("full ", 2000)}
	if err := m.Write(path); !errors.Is(err, unix.ENOSPC) || !strings.Contains(err.Error(), path) {
		t.Errorf("Write: %v, want the path and %v", err, unix.ENOSPC)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}
