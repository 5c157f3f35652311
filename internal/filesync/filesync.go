// Package filesync brings files to disk, and does not forget what the system says once.
//
// Linux tells of data that it could not write by the next fsync(2) alone, and takes it for written from then on: another
// fsync returns 0, and the data are gone. That goes for a disk that is full as well, where it was found to be so only then.
package filesync

import (
	"fmt"
	"os"
	"sync"
)

// Syncer keeps the first error for good. It is for one file and many goroutines; the zero Syncer is ready for use.
type Syncer struct {
	mu  sync.Mutex
	err error
}

// Sync returns once what was written to f is on disk. An error wraps that of the system, and lost, which says what that
// means; the same one comes again each time.
func (s *Syncer) Sync(f *os.File, lost error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	if err := f.Sync(); err != nil {
		s.err = fmt.Errorf("%w: %w", err, lost)
	}
	return s.err
}
