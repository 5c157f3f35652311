package output

import (
	"errors"
	"fmt"
	"os"
	"sync"
)

// ErrUnsynced is what errors are of a file that could not be brought to disk.
//
// Linux tells of data that it could not write once, by the next fsync(2), and takes it for written from then on: another
// fsync returns 0, and the data are gone. That goes for a disk that is full as well, where it was found to be so only then.
var ErrUnsynced = errors.New("what was written to it may be lost")

// syncing brings a file to disk, and keeps the first error for good.
type syncing struct {
	mu  sync.Mutex
	err error
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
