package output

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/internal/lab/labtest"
)

// smallDisk mounts a tmpfs of size bytes and returns the path of its root. It is attached to no directory, so that no
// other process sees it, and is gone with the test.
func smallDisk(t *testing.T, size int) string {
	t.Helper()
	mount, err := mountTmpfs(size)
	if err != nil {
		if errors.Is(err, os.ErrPermission) {
			err = fmt.Errorf("mount a tmpfs: CAP_SYS_ADMIN: %w", err)
		}
		labtest.SkipOrFail(t, err)
	}
	t.Cleanup(func() { unix.Close(mount) })
	return fmt.Sprintf("/proc/self/fd/%d", mount)
}

func mountTmpfs(size int) (fd int, err error) {
	config, err := unix.Fsopen("tmpfs", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return -1, err
	}
	defer unix.Close(config)
	if err := unix.FsconfigSetString(config, "size", fmt.Sprint(size)); err != nil {
		return -1, err
	}
	if err := unix.FsconfigCreate(config); err != nil {
		return -1, err
	}
	return unix.Fsmount(config, unix.FSMOUNT_CLOEXEC, 0)
}

// TestFullDisk fills a disk with each format. What is left reads to the end, without an error, and is whole rows; the
// error says which file it was.
func TestFullDisk(t *testing.T) {
	for _, name := range lineNames() {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(smallDisk(t, 1<<20), name)
			_, err, closing := fill(t, FileFor(path))
			if !errors.Is(err, unix.ENOSPC) || !strings.HasPrefix(err.Error(), "write "+path+": no space left on device (") {
				t.Errorf("Write: %v, want the path and %v", err, unix.ENOSPC)
			}
			if !errors.Is(closing, err) {
				t.Errorf("Close: %v, want what Write returned", closing)
			}
			rows, broken := readRows(t, path)
			if broken {
				t.Errorf("%s does not end with a row", path)
			}
			checkRows(t, path, rows)
		})
	}
}

// TestFullDiskOfOneFile has one file of three on a full disk: the others get every row, the one that met the error
// included.
func TestFullDiskOfOneFile(t *testing.T) {
	full, dir := smallDisk(t, 256<<10), t.TempDir()
	before, after := filepath.Join(dir, "x.csv"), filepath.Join(dir, "x.json.zst")
	g, err, closing := fill(t, FileFor(before), FileFor(filepath.Join(full, "x.json")), FileFor(after))
	if !errors.Is(err, unix.ENOSPC) || closing.Error() != err.Error() {
		t.Errorf("Write: %v, Close: %v, want the same full disk", err, closing)
	}
	for path, lines := range map[string]uint64{before: g.Rows() + 1, after: g.Rows()} {
		rows, broken := readRows(t, path)
		if got := uint64(strings.Count(string(rows), "\n")); got != lines || broken {
			t.Errorf("%s has %d lines, want %d", path, got, lines)
		}
	}
}

// TestFullDiskOfParquet wants no file that looks complete.
func TestFullDiskOfParquet(t *testing.T) {
	path := filepath.Join(smallDisk(t, 1<<20), "x.parquet")
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

// TestFullDiskOfStatus fills a disk with status rows: the file ends with a row.
func TestFullDiskOfStatus(t *testing.T) {
	path := filepath.Join(smallDisk(t, 8<<10), "status.csv")
	w, err := CreateStatus(path)
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		err = w.Write(&Status{})
	}
	if !errors.Is(err, unix.ENOSPC) || !errors.Is(w.Write(&Status{}), err) {
		t.Errorf("Write: %v, want %v each time", err, unix.ENOSPC)
	}
	if _, broken := readRows(t, path); broken {
		t.Errorf("%s does not end with a row", path)
	}
}

// TestFullDiskOfMetadata wants neither a part of the metadata nor a file beside it.
func TestFullDiskOfMetadata(t *testing.T) {
	dir := smallDisk(t, 4<<10)
	path := filepath.Join(dir, "m.json")
	m := Metadata{Notes: strings.Repeat("full ", 2000)}
	if err := m.Write(path); !errors.Is(err, unix.ENOSPC) || !strings.Contains(err.Error(), path) {
		t.Errorf("Write: %v, want the path and %v", err, unix.ENOSPC)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}
