package output

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestAppendStatus goes on with a file that ends anywhere: rows that are whole stay, and all have 21 columns.
func TestAppendStatus(t *testing.T) {
	path := filepath.Join(t.TempDir(), "status.csv")
	row := Status{Time: time.Date(2026, 11, 21, 21, 3, 0, 0, time.UTC), Elapsed: time.Second}
	next := string(row.appendTo(nil))
	for size := range len(zmapStatus) + 1 {
		if size%16 != 0 && size < len(zmapStatus)-3 && !strings.HasSuffix(zmapStatus[:size], "\n") {
			continue
		}
		for _, hole := range []string{"", "\x00\x00\x00", "\x00\n"} {
			left := zmapStatus[:size]
			if err := os.WriteFile(path, []byte(left+hole), 0o600); err != nil {
				t.Fatal(err)
			}
			w, err := AppendStatus(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Write(&row); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			want := statusHeader + next
			if size == len(zmapStatus) {
				want = zmapStatus + next
			}
			if got, err := os.ReadFile(path); err != nil || string(got) != want {
				t.Fatalf("%d bytes and %q were left; the file has, %v,\n%s\nwant\n%s", size, hole, err, got, want)
			}
		}
	}
}

// TestAppendStatusRefuses a file of something else, which stays as it is, and makes one that is not there.
func TestAppendStatusRefuses(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "notes.txt")
	for _, text := range []string{"notes", strings.Repeat("notes\n", 100), "real-time,time-elapsed\n1,2\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf("add to %s: it holds no status updates, and stays as it is", path)
		if _, err := AppendStatus(path); err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Errorf("it has %q, %v", got, err)
		}
	}
	w, err := AppendStatus(filepath.Join(dir, "new.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "new.csv")); err != nil || string(got) != statusHeader {
		t.Errorf("a new one has %q, %v", got, err)
	}
}
