package main

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/internal/checkpoint"
	"github.com/xsweep/xsweep/output"
	"github.com/xsweep/xsweep/scan"
)

// keeping returns a keeper of a new scan with a file of rows, and writes a row to it.
func keeping(t *testing.T, dir string) *keeper {
	t.Helper()
	k := &keeper{path: filepath.Join(dir, "scan.ckpt"), device: newDeviceDrops(0)}
	fields, err := output.ParseFields("saddr")
	must(t, err)
	k.out, err = output.OpenGroup([]output.File{{Path: filepath.Join(dir, "rows.csv")}}, output.Config{Fields: fields})
	must(t, err)
	k.journal, err = checkpoint.OpenJournal(k.path, 0)
	must(t, err)
	t.Cleanup(func() { k.out.Close(); k.journal.Close() })
	must(t, k.journal.Begin())
	must(t, k.out.Write(&output.Record{Saddr: 1}))
	k.Seen(1)
	return k
}

// save is a checkpoint of a State that says nothing.
func (k *keeper) save() error {
	if err := k.Mark(); err != nil {
		return err
	}
	return k.Save(new(scan.State))
}

// failSyncOnce has the next fsync of an open file of this process fail, as if its data had not reached the disk, which the
// system tells once: in its place there is a pipe until the end of do.
func failSyncOnce(t *testing.T, path string, do func()) {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	must(t, err)
	for _, entry := range fds {
		target, _ := os.Readlink("/proc/self/fd/" + entry.Name())
		if target != path {
			continue
		}
		fd, err := strconv.Atoi(entry.Name())
		must(t, err)
		kept, err := unix.Dup(fd)
		must(t, err)
		var pipe [2]int
		must(t, errors.Join(unix.Pipe2(pipe[:], unix.O_CLOEXEC), unix.Dup3(pipe[1], fd, unix.O_CLOEXEC)))
		do()
		must(t, errors.Join(unix.Dup3(kept, fd, unix.O_CLOEXEC), unix.Close(kept), unix.Close(pipe[0]), unix.Close(pipe[1])))
		return
	}
	t.Fatalf("%s is not open", path)
}

// TestNoCheckpointAfterFailedSync: once rows, or what has answered, could not be brought to disk, no checkpoint counts on
// them, however well all goes from then on; the one before stays.
func TestNoCheckpointAfterFailedSync(t *testing.T) {
	for _, name := range []string{"rows.csv", "scan.ckpt.seen"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			k := keeping(t, dir)
			must(t, k.save())
			before := read(t, dir, "scan.ckpt")
			must(t, k.out.Write(&output.Record{Saddr: 2}))
			k.Seen(2)
			must(t, k.Mark())
			var errs [2]error
			failSyncOnce(t, filepath.Join(dir, name), func() { errs[0] = k.Save(new(scan.State)) })
			errs[1] = k.save()
			for i, err := range errs {
				if err == nil || !strings.Contains(err.Error(), "sync "+filepath.Join(dir, name)+": ") || !strings.Contains(err.Error(), "xsweep resume") {
					t.Errorf("attempt %d: error %v", i+1, err)
				}
			}
			if read(t, dir, "scan.ckpt") != before {
				t.Error("there is another checkpoint")
			}
		})
	}
}
