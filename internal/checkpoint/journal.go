package checkpoint

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"iter"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/internal/filesync"
)

// Suffix makes the name of a journal of that of its checkpoint.
const Suffix = ".seen"

// ErrLocked says that another process is at the same job.
var ErrLocked = errors.New("another xsweep is at this scan")

// Journal remembers numbers: Append and Flush are for one goroutine, Sync for any.
type Journal struct {
	f    *os.File
	buf  []byte // not written yet
	mark Mark   // of what was, the magic included
	from int64  // where the numbers begin: behind the magic, if there is one

	synced filesync.Syncer
}

const keySize = 8 // bytes, little endian

// journalMagic is what a journal begins with, in the place of a number: of an answer of a class that there is none of, for
// versions that know no magic and take it for one. Their journals are read without.
const journalMagic = "xsweep\xff\x1b"

// lockEvery is the time from one attempt to lock a journal to the next.
const lockEvery = 10 * time.Millisecond

// OpenJournal opens the journal of the checkpoint at path, or makes it, and locks it until it is closed or the process
// ends. It changes nothing in it: Check follows, and then Begin or Restore. The error wraps ErrLocked where another process has it, and
// keeps it for so long: one that was killed takes a moment to end.
func OpenJournal(path string, wait time.Duration) (*Journal, error) {
	path += Suffix
	for deadline := time.Now().Add(wait); ; {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o600)
		if err != nil {
			return nil, err
		}
		switch err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); {
		case errors.Is(err, unix.EWOULDBLOCK) && time.Now().Before(deadline):
			_ = f.Close() // and opened anew: by then it may have been removed
			time.Sleep(lockEvery)
			continue
		case errors.Is(err, unix.EWOULDBLOCK):
			return nil, errors.Join(fmt.Errorf("%s: %w", path, ErrLocked), f.Close())
		case err != nil:
			return nil, errors.Join(&fs.PathError{Op: "lock", Path: path, Err: err}, f.Close())
		}
		if isAt(f, path) {
			return &Journal{f: f}, nil
		}
		_ = f.Close() // removed by its owner while this process waited for nothing: the next one is new
	}
}

// isAt tells whether f is what is at path now.
func isAt(f *os.File, path string) bool {
	ours, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(path)
	return err == nil && os.SameFile(ours, there)
}

// Check returns an error that names the file where it is none of ours, which Begin would empty: it does not begin as a
// journal does, nor is it, up to m, what it was when the mark was made, as one of a version without a magic. What a crash
// leaves of a journal that was just made is ours.
func (j *Journal) Check(m Mark) error {
	isOurs, err := j.isOurs()
	if err != nil || isOurs {
		return err
	}
	if m.Size > 0 && j.verify(m) == nil {
		return nil
	}
	return fmt.Errorf("%s is there, and is not xsweep's memory of what has answered, or damaged: remove it", j.f.Name())
}

func (j *Journal) isOurs() (bool, error) {
	info, err := j.f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return false, err
	}
	if info.Size() <= int64(len(journalMagic)) {
		return beginsWith(j.f, journalMagic)
	}
	return j.hasMagic(), nil // which was brought to disk before there was more
}

func (j *Journal) hasMagic() bool {
	head := make([]byte, len(journalMagic))
	_, err := j.f.ReadAt(head, 0)
	return err == nil && string(head) == journalMagic
}

// Begin empties the journal.
func (j *Journal) Begin() error {
	j.mark, j.buf = Mark{}, append(j.buf[:0], journalMagic...)
	j.from = int64(len(journalMagic))
	return j.f.Truncate(0)
}

// Restore cuts off what is behind m. It is an error, and nothing is cut, where what is before that is not what was there
// when the mark was made.
func (j *Journal) Restore(m Mark) error {
	if m.Size == 0 || m.Size == int64(len(journalMagic)) {
		return j.Begin() // there was no number yet, and an empty journal is not kept
	}
	if err := j.verify(m); err != nil {
		return err
	}
	j.mark, j.from = m, 0
	if j.hasMagic() {
		j.from = int64(len(journalMagic))
	}
	return j.f.Truncate(m.Size)
}

// verify compares the file with what it was at m.
func (j *Journal) verify(m Mark) error {
	if m.Size < 0 || m.Size%keySize != 0 {
		return fmt.Errorf("%s: no journal has %d bytes", j.f.Name(), m.Size)
	}
	sum := crc32.New(castagnoli())
	switch n, err := io.Copy(sum, io.NewSectionReader(j.f, 0, m.Size)); {
	case err != nil:
		return err
	case n < m.Size:
		return fmt.Errorf("%s has %d bytes of the %d that it had at the checkpoint", j.f.Name(), n, m.Size)
	case sum.Sum32() != m.Sum:
		return fmt.Errorf("%s has changed since the checkpoint", j.f.Name())
	}
	return nil
}

// Keys yields the last n numbers, or all of them, of those that are in the file. A file that cannot be read ends them.
func (j *Journal) Keys(n int64) iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		from := max(j.mark.Size-min(n, j.mark.Size/keySize)*keySize, j.from)
		r := bufio.NewReaderSize(io.NewSectionReader(j.f, from, max(j.mark.Size-from, 0)), 1<<16)
		var key [keySize]byte
		for {
			if _, err := io.ReadFull(r, key[:]); err != nil || !yield(binary.LittleEndian.Uint64(key[:])) {
				return
			}
		}
	}
}

const (
	journalBuffer = 1 << 16 // bytes that are written at a time
	journalLimit  = 1 << 20 // bytes that wait for a full disk
)

// Append adds a number. Where the disk has been full for long, the numbers that wait are forgotten: what they stand for is
// then reported twice, and not lost.
func (j *Journal) Append(key uint64) {
	j.buf = binary.LittleEndian.AppendUint64(j.buf, key)
	if len(j.buf)%journalBuffer != 0 {
		return
	}
	if _, err := j.Flush(); err != nil && len(j.buf) >= journalLimit {
		j.buf = j.buf[:0]
	}
}

// Flush gives all numbers to the system, and returns how far that is.
func (j *Journal) Flush() (Mark, error) {
	if len(j.buf) == 0 {
		return j.mark, nil
	}
	if _, err := j.f.WriteAt(j.buf, j.mark.Size); err != nil { // what was written of it is written once more
		return j.mark, err
	}
	j.mark.Size += int64(len(j.buf))
	j.mark.Sum = crc32.Update(j.mark.Sum, castagnoli(), j.buf)
	j.buf = j.buf[:0]
	return j.mark, nil
}

// IsEmpty tells whether the file is ours and there is no number in it.
func (j *Journal) IsEmpty() bool {
	info, err := j.f.Stat()
	if err != nil || info.Size() > int64(len(journalMagic)) {
		return false
	}
	isOurs, err := j.isOurs()
	return err == nil && isOurs
}

// Sync returns once what was flushed is on disk. An error names the file, and comes again each time: see filesync.
func (j *Journal) Sync() error { return j.synced.Sync(j.f, errUnsynced) }

var errUnsynced = errors.New("what was noted in it may be lost")

// Close gives up the lock.
func (j *Journal) Close() error { return j.f.Close() }

// Remove removes the file, when nobody will want it any more, and closes it.
func (j *Journal) Remove() error { return errors.Join(os.Remove(j.f.Name()), j.f.Close()) }
