package output

import (
	"errors"
	"fmt"
	"io"
	"time"
)

// Mark is how far a file of a Group has been written at one moment: what ReopenGroup needs to go on behind it. It can be
// kept as JSON.
type Mark struct {
	Path string // as in File
	Size int64  // bytes, which end with a row; -1 for standard output and for what is no regular file
	Rows uint64 // rows in those bytes, the header excluded
	Tail Tail   // of those bytes; zero where Size is 0 or -1
}

// ErrNotResumable is what errors wrap for a file that no later process can go on with.
var ErrNotResumable = errors.New("cannot be gone on with by a later process")

// CheckResumable returns what stands in the way of a Mark of files, for a caller who wants to know before there are any
// rows: an error that is ErrNotResumable where one is Parquet, whose rows are lost with the process that wrote them.
func CheckResumable(files []File) error {
	for _, f := range files {
		if f.Format == Parquet {
			return notResumable(called(f.Path))
		}
	}
	return nil
}

func notResumable(name string) error {
	return fmt.Errorf("output file %s: parquet %w: write csv or json", name, ErrNotResumable)
}

// Mark writes everything that has been accepted, and returns where each file stands, in the order of OpenGroup. It does
// not wait for the disk: SyncFiles does. Each call ends a piece of a compressed file, and should be seconds from the
// last one. The error is ErrNotResumable if there is a file of Parquet.
func (g *Group) Mark() ([]Mark, error) {
	if g.err != nil {
		return nil, g.err
	}
	g.full = nil
	marks := make([]Mark, 0, len(g.files))
	for _, f := range g.files {
		m, err := f.Mark()
		if errors.Is(err, ErrNotResumable) {
			return nil, err // and nothing has happened to the file
		}
		g.note(err)
		marks = append(marks, m)
	}
	if err := g.outcome(); err != nil {
		return nil, err
	}
	return marks, nil
}

// SyncFiles returns once what was written to regular files by now is on disk: when it is called after Mark, every row
// that the marks cover. It may be called from any goroutine, while another one writes, but not after Close.
// An error names the file, is ErrUnsynced, and comes again each time: rows written by then may be lost. The names of files
// that were made for the Group are brought to disk as well; an error of that is one of a directory, and passes.
func (g *Group) SyncFiles() error {
	for _, f := range g.files {
		if err := f.sink.Sync(); err != nil {
			return err
		}
		if err := f.sink.syncName(); err != nil {
			return err
		}
	}
	return nil
}

// Mark writes what is in the buffer.
func (f *lineFile) Mark() (Mark, error) {
	if err := f.Writer.Flush(); err != nil {
		return Mark{}, err
	}
	f.flushed = time.Now() // a piece ends here, compressed
	size, err := f.sink.size()
	m := Mark{Path: f.sink.path(), Size: size, Rows: f.Written()}
	if size > 0 {
		m.Tail = tailOf(f.sink.end)
	}
	return m, err
}

// Mark cannot be: see CheckResumable.
func (f *parquetFile) Mark() (Mark, error) {
	if f.err != nil {
		return Mark{}, f.err
	}
	return Mark{}, notResumable(f.file.path)
}

// size is how far the file has been written, or -1 where a later process cannot find it again at that place.
func (s *Sink) size() (int64, error) {
	if s.stdout || !s.regular {
		return -1, nil
	}
	return s.f.Seek(0, io.SeekCurrent)
}

// path is what Create was given.
func (s *Sink) path() string {
	if s.stdout {
		return "-"
	}
	return s.Name()
}
