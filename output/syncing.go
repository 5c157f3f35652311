package output

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/xsweep/xsweep/internal/dirsync"
)

// ErrUnsynced is what errors are of a file that could not be brought to disk.
//
// Linux tells of data that it could not write once, by the next fsync(2), and takes it for written from then on: another
// fsync returns 0, and the data are gone. That goes for a disk that is full as well, where it was found to be so only then.
var ErrUnsynced = errors.New("what was written to it may be lost")

// syncing brings a file to disk, and keeps the first error for good.
type syncing struct {
	mu      sync.Mutex
	err     error
	isNamed bool // the name is on disk as well
}

func (s *syncing) sync(f *os.File) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	if err := f.Sync(); err != nil {
		s.err = fmt.Errorf("%w: %w", err, ErrUnsynced)
	}
	return s.err
}

// syncName has the name of a file that was made for the Sink outlive a crash of the machine: fsync(2) of a file says nothing
// of that. It opens the directory, which nobody needs a right for to write there: without it, the file system is trusted.
func (s *Sink) syncName() error {
	if !s.created || !s.regular {
		return nil
	}
	s.synced.mu.Lock()
	defer s.synced.mu.Unlock()
	if s.synced.isNamed {
		return nil
	}
	if err := dirsync.Sync(filepath.Dir(s.Name())); err != nil && !errors.Is(err, fs.ErrPermission) {
		return err
	}
	s.synced.isNamed = true
	return nil
}
