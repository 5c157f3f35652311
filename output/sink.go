package output

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/internal/filesync"
)

// Sink is where rows end up: a file that Create made, or standard output. It is for one goroutine.
//
// A Sink writes through, without a buffer of its own. Its errors name the file and wrap the errno, such as
// unix.ENOSPC, or unix.EPIPE once nobody reads any more. A regular file written by a Writer holds whole rows only, with
// one exception: killed within a write, a process may leave the beginning of it. Linux copies a write to a file page by
// page, and looks before each for a kill that is due; rows are not made to end with pages.
type Sink struct {
	f       *os.File
	regular bool    // bytes can be taken back, and outlive the machine once synced
	stream  *stream // what writes where they cannot
	stdout  bool    // ours is a duplicate; what is in the file already is not ours
	created bool    // the file was not there before
	end     ending  // of a regular file
	synced  filesync.Syncer
	named   atomic.Bool // the name of a file that was created is on disk
	closed  bool
	err     error // what Close returned
}

// stdoutName is what errors call standard output.
const stdoutName = "standard output"

// Create opens path for writing, truncating a file that is there; "-" is standard output. A file is locked: one that
// another process has is, a second later, an error that is ErrTaken. The error reads like
// "create results/x.csv: no such file or directory" and wraps the errno. Since old results are gone afterwards,
// call it when everything else is known to be in order.
//
// Opening a named pipe waits for its reader. Standard output is duplicated: closing the Sink leaves descriptor 1
// open, and a broken pipe is an error of Write, while on descriptor 1 itself the Go runtime would end the process.
func Create(path string) (*Sink, error) {
	s, err := openSink(path)
	if err != nil {
		return nil, err
	}
	if err := s.begin(); err != nil {
		s.abandon()
		return nil, err
	}
	return s, nil
}

// openSink does the part of Create that destroys nothing: begin follows, or abandon. A file is ours alone from here on.
func openSink(path string) (*Sink, error) {
	if path == "" {
		return nil, errors.New("create output file: empty file name")
	}
	const attempts = 10 // on a file system that gives one file several numbers, all are in vain
	for attempt := 1; ; attempt++ {
		s, err := openUnclaimed(path)
		if err != nil {
			return nil, err
		}
		err = s.claim()
		if err == nil && (attempt == attempts || s.isAt(path)) {
			return s, nil
		}
		s.created = false // it is somebody else's, who was faster
		s.abandon()
		if err != nil {
			return nil, fmt.Errorf("create %s: %w", s.Name(), err)
		}
	}
}

func openUnclaimed(path string) (*Sink, error) {
	s, name := &Sink{stdout: path == "-"}, path
	var err error
	if s.stdout {
		name = stdoutName
		s.f, err = openStdout()
	} else {
		s.f, s.created, err = openFile(path)
	}
	if err != nil {
		return nil, fmt.Errorf("create %s: %w", name, causeOf(err))
	}
	info, err := s.f.Stat()
	if err != nil {
		s.abandon()
		return nil, fmt.Errorf("create %s: %w", name, causeOf(err))
	}
	if s.regular = info.Mode().IsRegular(); !s.regular {
		s.stream = newStream(s.f)
	}
	return s, nil
}

// begin empties a file that was there before.
func (s *Sink) begin() error {
	if s.created || s.stdout || !s.regular {
		return nil
	}
	if err := s.f.Truncate(0); err != nil {
		return fmt.Errorf("create %s: %w", s.Name(), causeOf(err))
	}
	return nil
}

// abandon undoes openSink: it closes, and removes the file if that has been made for this Sink. A symbolic link is not
// ours, even if what it points to is.
func (s *Sink) abandon() {
	s.closed = true
	_ = s.f.Close() // nothing was written
	if !s.created {
		return
	}
	if info, err := os.Lstat(s.Name()); err == nil && info.Mode().IsRegular() {
		_ = os.Remove(s.Name()) // an empty file is left at worst
	}
}

// openFile opens path as it is, or creates it.
func openFile(path string) (f *os.File, created bool, err error) {
	f, err = os.OpenFile(path, os.O_WRONLY, 0)
	if !errors.Is(err, fs.ErrNotExist) {
		return f, false, err
	}
	const create, mode = os.O_WRONLY | os.O_CREATE, 0o666
	f, err = os.OpenFile(path, create|os.O_EXCL, mode)
	if !errors.Is(err, fs.ErrExist) {
		return f, err == nil, err
	}
	f, err = os.OpenFile(path, create, mode) // somebody was faster, or it is a link to nothing
	return f, false, err
}

func openStdout() (*os.File, error) {
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

// Write writes p, all of it unless there is an error. Before the disk is full, an error that is ErrFull, a part of p may
// fit; Unwrite removes what is not wanted of it.
func (s *Sink) Write(p []byte) (int, error) {
	if s.stream != nil {
		return s.stream.Write(p)
	}
	n, err := s.f.Write(p)
	if s.regular {
		s.end.add(p[:n], err != nil)
	}
	return n, s.orFull(err)
}

// writeWhole writes all of p or, where bytes can be taken back, nothing. Only in the latter case is the error ErrFull.
func (s *Sink) writeWhole(p []byte) error {
	n, err := s.Write(p)
	if err == nil || n == 0 {
		return err
	}
	if failed := s.Unwrite(n); failed != nil {
		return fmt.Errorf("%w (%d of %d bytes written)", final(err), n, len(p))
	}
	return err
}

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
	s.end.cut(n)
	_, err = s.f.Seek(at-int64(n), io.SeekStart)
	return err
}

// Sync returns once the data written is on disk: what a checkpoint waits for before it counts on the rows. For a
// pipe or a terminal it does nothing. An error is final, and ErrUnsynced. It may be called from any goroutine.
func (s *Sink) Sync() error {
	if !s.regular {
		return nil
	}
	return s.synced.Sync(s.f, ErrUnsynced)
}

// Close syncs and closes. A scan ends once, so the wait for the disk is worth what it tells: file systems that
// allocate late or sit across a network report a full disk only then. A second Close returns what the first did.
func (s *Sink) Close() error {
	if s.closed {
		return s.err
	}
	s.closed = true
	if s.stream != nil {
		s.stream.close()
	}
	s.err = s.Sync()
	if err := s.f.Close(); s.err == nil {
		s.err = err
	}
	return s.err
}
