package output

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/internal/dirsync"
)

// partialSuffix marks a file that is worth something only as a whole, as long as it is not whole.
const partialSuffix = ".partial"

// A partial is a file that appears under its name when it is complete, in place of the one that was there. The rename
// takes the right to write to the directory at that time, which a process that gives up privileges has to keep.
type partial struct {
	*Sink
	path string // where it goes; empty if the Sink is there already
}

// openPartial opens path.partial. A pipe, a device or standard output cannot be replaced: these it opens themselves. It
// is in the manner of openSink: begin or abandon follows.
func openPartial(path string) (*partial, error) {
	final, err := replaceable(path)
	if err != nil {
		return nil, fmt.Errorf("create %s: %w", path, err)
	}
	p := &partial{path: final}
	if final != "" {
		path = final + partialSuffix
	}
	p.Sink, err = openSink(path)
	return p, err
}

// replaceable returns the name that a rename to path has to use: that of the file itself, where path is a symbolic
// link. It is empty for what is no regular file, and an error for a directory.
func replaceable(path string) (string, error) {
	if path == "-" || path == "" {
		return "", nil
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return path, nil
	case err != nil:
		return "", causeOf(err)
	case info.IsDir():
		return "", unix.EISDIR
	case !info.Mode().IsRegular():
		return "", nil
	}
	return filepath.EvalSymlinks(path)
}

// publish syncs, closes, and gives the file its name. The directory is synced, too, so that the name outlives a crash
// of the machine.
func (p *partial) publish() error {
	if err := p.Close(); err != nil || p.path == "" {
		return err
	}
	if err := os.Rename(p.Name(), p.path); err != nil {
		return err
	}
	return dirsync.Sync(filepath.Dir(p.path))
}
