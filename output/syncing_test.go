package output

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// failSyncOnce has the next fsync of a file fail, as Linux does for data that did not reach the disk: once. In its place
// there is a pipe, of which fsync(2) says EINVAL; restore puts the file back.
func failSyncOnce(t *testing.T, f *os.File) (restore func()) {
	t.Helper()
	kept, err := unix.Dup(int(f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	var pipe [2]int
	if err := errors.Join(unix.Pipe2(pipe[:], unix.O_CLOEXEC), unix.Dup3(pipe[1], int(f.Fd()), unix.O_CLOEXEC)); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := errors.Join(unix.Dup3(kept, int(f.Fd()), unix.O_CLOEXEC), unix.Close(kept), unix.Close(pipe[0]), unix.Close(pipe[1])); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSyncFailsForGood: an error of fsync, which the system forgets, is that of all that follow, and of Close; what else is
// written to the Group is not in the way of it, and the other file is whole.
func TestSyncFailsForGood(t *testing.T) {
	dir := t.TempDir()
	files := []File{in(dir, "bad.csv"), in(dir, "good.csv")}
	g, err := OpenGroup(files, Config{Fields: mustParse(t, "saddr")})
	if err != nil {
		t.Fatal(err)
	}
	r := rst()
	if err := g.Write(&r); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Mark(); err != nil {
		t.Fatal(err)
	}
	restore := failSyncOnce(t, g.files[0].sink.f)
	failed := g.SyncFiles()
	restore()
	check := func(what string, err error) {
		t.Helper()
		want := "sync " + files[0].Path + ": invalid argument: what was written to it may be lost"
		if !errors.Is(err, ErrUnsynced) || !errors.Is(err, unix.EINVAL) || err.Error() != want {
			t.Errorf("%s: %v, want %s", what, err, want)
		}
	}
	check("the first SyncFiles", failed)
	check("the second SyncFiles", g.SyncFiles())
	if err := g.Write(&r); err != nil {
		t.Errorf("Write: %v", err)
	}
	check("Sync", g.Sync())
	check("Close", g.Close())
	for _, f := range files {
		if rows, err := os.ReadFile(f.Path); err != nil || strings.Count(string(rows), "\n") != 2 {
			t.Errorf("%s has %q, %v", f.Path, rows, err)
		}
	}
}

// TestNameIsSynced: that of a file that was made for a Group goes to disk with its first rows, once; that of a file which was
// there is there. What does not find the directory has looked for it.
func TestNameIsSynced(t *testing.T) {
	top := t.TempDir()
	dir, away := filepath.Join(top, "here"), filepath.Join(top, "away")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	f := in(dir, "x.csv")
	syncAway := func(g *Group) error {
		t.Helper()
		if err := os.Rename(dir, away); err != nil {
			t.Fatal(err)
		}
		err := g.SyncFiles()
		if err := os.Rename(away, dir); err != nil {
			t.Fatal(err)
		}
		return err
	}
	made, err := OpenGroup([]File{f}, Config{Fields: mustParse(t, "saddr")})
	if err != nil {
		t.Fatal(err)
	}
	if err := syncAway(made); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("made, its directory elsewhere: error %v", err)
	}
	if err := errors.Join(made.SyncFiles(), syncAway(made), made.Close()); err != nil {
		t.Errorf("once its name is on disk: %v", err)
	}
	there, err := OpenGroup([]File{f}, Config{Fields: mustParse(t, "saddr")})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(syncAway(there), there.Close()); err != nil {
		t.Errorf("a file that was there: %v", err)
	}
}
