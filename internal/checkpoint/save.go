package checkpoint

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/internal/dirsync"
)

// Partial makes the name that a checkpoint has while it is written of the one that it takes then.
const Partial = ".partial"

// Place returns the name that path stands for: where that is a symbolic link, what it leads to. All that have a file under
// different names meet at one journal, and its lock, only by this one. A link that leads to nothing stands for itself, and
// Save puts the checkpoint in its place.
func Place(path string) (string, error) {
	info, err := os.Lstat(path)
	if err != nil || info.Mode()&fs.ModeSymlink == 0 {
		return path, nil // what is wrong with it, who opens it will say
	}
	target, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		return path, nil
	}
	return target, err
}

// Save puts f in the place of what is at path: whoever looks, now or after a crash of the machine, finds the one or the
// other, whole. The file is for its owner alone: who has the key can forge answers. The error names the file and wraps
// the errno.
//
// It is written as path + Partial, which is made anew: of the file that a process left there that was killed, nothing is
// used, and CheckPartial is asked before it is removed.
func Save(path string, f *File) error {
	data, err := f.encode()
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	partial := path + Partial
	if err := writeSynced(partial, data); err != nil {
		return err
	}
	if err := os.Rename(partial, path); err != nil {
		_ = os.Remove(partial) // it is no use to anybody
		return err
	}
	return dirsync.Sync(filepath.Dir(path))
}

func writeSynced(path string, data []byte) error {
	f, err := makeAnew(path)
	if err != nil {
		return err
	}
	err = f.Chmod(0o600) // whatever of that the umask keeps from us
	if err == nil {
		_, err = f.Write(data)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(path) // it is no use to anybody
	}
	return err
}

// makeAnew makes a file that nobody else has open, or has a link to, and that no process wrote to before.
func makeAnew(path string) (*os.File, error) {
	create := func() (*os.File, error) {
		return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|unix.O_NOFOLLOW, 0o600)
	}
	f, err := create()
	if !errors.Is(err, fs.ErrExist) {
		return f, err
	}
	if err := checkPartial(path); err != nil {
		return nil, err
	}
	if err := unix.Unlink(path); err != nil { // which, unlike os.Remove, removes no directory
		return nil, &fs.PathError{Op: "remove", Path: path, Err: err}
	}
	return create()
}

// CheckPartial returns what keeps Save from writing beside path: something that is no part of a checkpoint has the name
// that it would have. The error names that.
func CheckPartial(path string) error { return checkPartial(path + Partial) }

func checkPartial(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	switch mode := info.Mode(); {
	case mode.IsDir():
		return inTheWay(path, "a directory")
	case mode&fs.ModeSymlink != 0:
		return inTheWay(path, "a symbolic link")
	case !mode.IsRegular():
		return inTheWay(path, "no regular file")
	}
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	switch isOurs, err := beginsWith(f, magic); {
	case err != nil:
		return err
	case !isOurs:
		return inTheWay(path, "no part of a checkpoint")
	}
	return nil
}

func inTheWay(path, what string) error {
	return fmt.Errorf("%s is %s, and a checkpoint is written there before it takes its name: remove it, or name another file", path, what)
}

// beginsWith tells whether a file begins as we write it, or is what a crash may leave of such a one: less of it, or zeros.
func beginsWith(f io.ReaderAt, start string) (bool, error) {
	head := make([]byte, len(start))
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	head = head[:n]
	return string(head) == start[:n] || len(bytes.Trim(head, "\x00")) == 0, nil
}
