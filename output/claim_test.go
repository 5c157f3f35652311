package output

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestFileIsForOne: who would write to the file of another process, anew or behind a mark, is refused, and leaves it as it
// is; once that one has closed it, it may be had.
func TestFileIsForOne(t *testing.T) {
	f := in(t.TempDir(), "x.csv")
	cfg := Config{Fields: mustParse(t, "saddr")}
	g, err := OpenGroup([]File{f}, cfg)
	if err != nil {
		t.Fatal(err)
	}
	mark := writeVaried(t, g, 0, 3, 2)[0]
	before, err := os.ReadFile(f.Path)
	if err != nil {
		t.Fatal(err)
	}
	check := func(what string, err error) {
		t.Helper()
		if want := what + f.Path + ": another process is writing to it"; !errors.Is(err, ErrTaken) || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
		if now, err := os.ReadFile(f.Path); err != nil || string(now) != string(before) {
			t.Errorf("the file has %q, %v, want %q", now, err, before)
		}
	}
	_, err = OpenGroup([]File{f}, cfg)
	check("create ", err)
	_, _, err = ReopenGroup([]File{f}, cfg, []Mark{mark})
	check("resume output ", err)
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	g, _, err = ReopenGroup([]File{f}, cfg, []Mark{mark})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Close(); err != nil {
		t.Error(err)
	}
}

// TestFileIsAwaited: a process that is about to end is waited for. If it gives the file another name, as that of a whole
// Parquet file, that is not what is written to.
func TestFileIsAwaited(t *testing.T) {
	for _, isRenamed := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "x")
		first, err := Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := first.Write([]byte("first")); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(50*time.Millisecond, func() {
			if isRenamed {
				_ = os.Rename(path, path+".whole")
			}
			_ = first.Close()
		})
		second, err := Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := second.Write([]byte("2")); err != nil {
			t.Fatal(err)
		}
		if err := second.Close(); err != nil {
			t.Error(err)
		}
		if now, err := os.ReadFile(path); err != nil || string(now) != "2" {
			t.Errorf("renamed: %v; the file has %q, %v", isRenamed, now, err)
		}
		if !isRenamed {
			continue
		}
		if whole, err := os.ReadFile(path + ".whole"); err != nil || string(whole) != "first" {
			t.Errorf("the renamed file has %q, %v", whole, err)
		}
	}
}
