package output

import (
	"errors"

	"golang.org/x/sys/unix"
)

// ErrFull is what errors of files are that found no room on the disk, or in a quota, and have lost nothing by it: what
// was to be written is still in memory, and the same call may succeed once there is room. An error of a full disk that
// is not ErrFull is final.
var ErrFull = errors.New("no room to write for now")

// fullError is an error that is ErrFull and reads as its cause does.
type fullError struct{ error }

func (e *fullError) Is(target error) bool { return target == ErrFull }
func (e *fullError) Unwrap() error        { return e.error }

// orFull makes an error of a Sink one of ErrFull, where that may pass. A device that is full stays so.
func (s *Sink) orFull(err error) error {
	if s.regular && (errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT)) {
		return &fullError{err}
	}
	return err
}

// final is err if it is to be no ErrFull: nobody will try again.
func final(err error) error {
	if full, ok := errors.AsType[*fullError](err); ok {
		return full.error
	}
	return err
}
