package output

import (
	"errors"
	"os"
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
