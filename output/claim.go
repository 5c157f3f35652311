package output

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// ErrTaken is what errors are of a file that another process writes rows to: two that do so at their own places in one file
// overwrite each other's, and who begins anew empties it under the other.
var ErrTaken = errors.New("another process is writing to it")

const (
	claimWithin = time.Second           // how long a process that was killed may take to end
	claimEvery  = 10 * time.Millisecond // from one attempt to the next
)

// claim locks a regular file until it is closed. A file system that has no locks has none. Standard output may be shared.
func (s *Sink) claim() error {
	if !s.regular || s.stdout {
		return nil
	}
	for deadline := time.Now().Add(claimWithin); ; time.Sleep(claimEvery) {
		err := unix.Flock(int(s.f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if !errors.Is(err, unix.EWOULDBLOCK) {
			return nil
		}
		if time.Now().After(deadline) {
			return ErrTaken
		}
	}
}

// isAt tells whether the file is still what is at its path: who had it before may have given it another name.
func (s *Sink) isAt(path string) bool {
	if !s.regular || s.stdout {
		return true
	}
	ours, err := s.f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(ours, there)
}
