package output

import (
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/xsweep/xsweep/internal/dirsync"
)

// ErrUnsynced is what errors are of a file that could not be brought to disk. Linux says so once, and such an error is final:
// see fsync(2).
var ErrUnsynced = errors.New("what was written to it may be lost")

// syncName has the name of a file that was made for the Sink outlive a crash of the machine: fsync(2) of a file says nothing
// of that. It opens the directory, which nobody needs a right for to write there: without it, the file system is trusted.
func (s *Sink) syncName() error {
	if !s.created || !s.regular || s.named.Load() {
		return nil
	}
	if err := dirsync.Sync(filepath.Dir(s.Name())); err != nil && !errors.Is(err, fs.ErrPermission) {
		return err
	}
	s.named.Store(true)
	return nil
}
