package output

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// Sink is where rows end up: a file that Create made, or standard output. It is for one goroutine.
//
// A Sink writes through, without a buffer of its own. Its errors name the file and wrap the errno, such as
// unix.ENOSPC, or unix.EPIPE once nobody reads any more. A killed process may leave the last write cut short; apart
// from that, a regular file written by a Writer holds whole rows only.
type Sink struct {
	f       *os.File
	regular bool // bytes can be taken back, and outlive the machine once synced
	closed  bool
	err     error // what Close returned
}

// stdoutName is what errors call standard output.
const stdoutName = "standard output"

// Create opens path for writing, truncating a file that is there; "-" is standard output. The error reads like
// "create results/x.csv: no such file or directory" and wraps the errno. Since old results are gone afterwards,
// call it when everything else is known to be in order.
//
// Opening a named pipe waits for its reader. Standard output is duplicated: closing the Sink leaves descriptor 1
// open, and a broken pipe is an error of Write, while on descriptor 1 itself the Go runtime would end the process.
func Create(path string) (*Sink, error) {
	open, name := openFile, path
	switch path {
	case "":
		return nil, errors.New("create output file: empty file name")
	case "-":
		open, name = openStdout, stdoutName
	}
	f, err := open(path)
	if err != nil {
		return nil, fmt.Errorf("create %s: %w", name, causeOf(err))
	}
	info, err := f.Stat()
	if err != nil {
		_ = f.Close() // nothing was written
		return nil, fmt.Errorf("create %s: %w", name, causeOf(err))
	}
	return &Sink{f: f, regular: info.Mode().IsRegular()}, nil
}

func openFile(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
}

func openStdout(string) (*os.File, error) {
	const firstFree = 3 // above the standard descriptors, which Go treats differently
	fd, err := unix.FcntlInt(os.Stdout.Fd(), unix.F_DUPFD_CLOEXEC, firstFree)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), stdoutName), nil
}

// causeOf strips the operation and the path from an error of package os, where the message has its own.
func causeOf(err error) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return pathErr.Err
	}
	return err
}

// Name returns the path given to Create, or "standard output".
func (s *Sink) Name() string { return s.f.Name() }

// Write writes p, all of it unless there is an error. Before the disk is full a part of p may fit; Unwrite removes
// what is not wanted of it.
func (s *Sink) Write(p []byte) (int, error) { return s.f.Write(p) }

// Unwrite removes the last n bytes written. Only a regular file can do that, and only while it ends where this Sink
// stopped writing: standard output may be a file that others append to as well. Otherwise it returns an error, which
// is errors.ErrUnsupported for anything but a regular file.
func (s *Sink) Unwrite(n int) error {
	if !s.regular {
		return fmt.Errorf("truncate %s: %w", s.Name(), errors.ErrUnsupported)
	}
	at, err := s.f.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	info, err := s.f.Stat()
	if err != nil {
		return err
	}
	if info.Size() != at {
		return fmt.Errorf("truncate %s: position %d of %d is not the end", s.Name(), at, info.Size())
	}
	if err := s.f.Truncate(at - int64(n)); err != nil {
		return err
	}
	_, err = s.f.Seek(at-int64(n), io.SeekStart)
	return err
}

// Sync returns once the data written is on disk: what a checkpoint waits for before it counts on the rows. For a
// pipe or a terminal it does nothing.
func (s *Sink) Sync() error {
	if !s.regular {
		return nil
	}
	return s.f.Sync()
}

// Close syncs and closes. A scan ends once, so the wait for the disk is worth what it tells: file systems that
// allocate late or sit across a network report a full disk only then. A second Close returns what the first did.
func (s *Sink) Close() error {
	if s.closed {
		return s.err
	}
	s.closed = true
	s.err = s.Sync()
	if err := s.f.Close(); s.err == nil {
		s.err = err
	}
	return s.err
}
