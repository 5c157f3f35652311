package main

import (
	"errors"

	"golang.org/x/sys/unix"
)

// A fencedError is a refusal that may be that of the fence: what a process may reach are the directories that were there
// when it was put up, and not others that have their names since.
type fencedError struct{ err error }

func (e *fencedError) Error() string {
	return e.err.Error() + " (out of reach if the directory has been made anew since the scan began)"
}

func (e *fencedError) Unwrap() error { return e.err }

const fenceHint = "a scan gives up access to all but the directories that it found when it began; --keep-privileges keeps it"

// behindFence explains an error of a process that has put up the fence. It is for the errors of files alone.
func behindFence(fenced bool, err error) error {
	if _, told := errors.AsType[*fencedError](err); told || !fenced || !errors.Is(err, unix.EACCES) {
		return err
	}
	return &fencedError{err}
}
