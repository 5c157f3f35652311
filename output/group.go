package output

import (
	"errors"
	"fmt"
	"os"
)

// Group writes the same records to several files at the same time, each in its own format. A row is in all of them or,
// if Config.Only is false for it, in none.
//
// The first error of any file is final: the record that met it is still given to the others, every later Write returns
// the error, and Close leaves the others whole. The exception is an error that is ErrFull: nothing is lost then, and
// Flush, called until it returns another one or none, tries again. A Write is accepted after it only if that succeeds.
//
// A Group is for one goroutine, but for SyncFiles and Interrupt.
type Group struct {
	files    []groupFile
	only     func(*Record) bool
	err      error // the first, or that of a Group that is closed
	full     error // the first ErrFull since all was well
	rows     uint64
	filtered uint64

	closed   bool
	closeErr error
}

// groupFile is one file of a Group.
type groupFile struct {
	rowWriter
	sink *Sink
}

// rowWriter turns records into a file. Its errors name the file, and the first one is final.
type rowWriter interface {
	Write(*Record) error
	Flush() error // have readers see what can be seen by now
	Sync() error  // have what was flushed outlive the machine
	Mark() (Mark, error)
	Close() error // complete the file
	Written() uint64
}

// OpenGroup opens files, in order, for the rows that cfg describes; the format is that of each File and not cfg's. All
// are opened before old contents of any are touched: after an error, those that were there are as before, and those
// that were not are not. An error is what Create, NewWriter or CheckFiles return.
func OpenGroup(files []File, cfg Config) (*Group, error) {
	if err := CheckFiles(files); err != nil {
		return nil, err
	}
	g := &Group{only: cfg.Only}
	cfg.Only = nil // asked once, here, and not for each file
	if err := g.open(files, cfg); err != nil {
		g.abandon()
		return nil, err
	}
	return g, nil
}

// abandon undoes opening.
func (g *Group) abandon() {
	for _, f := range g.files {
		f.sink.abandon()
	}
}

func (g *Group) open(files []File, cfg Config) error {
	for _, f := range files {
		opened, err := openGroupFile(f, cfg)
		if err != nil {
			return err
		}
		g.files = append(g.files, opened)
	}
	for _, f := range g.files {
		if err := f.sink.begin(); err != nil {
			return err
		}
	}
	return nil
}

// openGroupFile opens f and changes nothing in it.
func openGroupFile(f File, cfg Config) (groupFile, error) {
	if f.Format == Parquet {
		p, err := openPartial(f.Path)
		if err != nil {
			return groupFile{}, err
		}
		w, err := newParquetFile(p, cfg)
		if err != nil {
			p.abandon()
		}
		return groupFile{w, p.Sink}, err
	}
	sink, err := openSink(f.Path)
	if err != nil {
		return groupFile{}, err
	}
	w, err := newLineFile(sink, f, cfg)
	if err != nil {
		sink.abandon()
	}
	return groupFile{w, sink}, err
}

// Write adds r to every file, unless Config.Only drops it. It keeps no reference to r. Whether r was accepted before an
// error that is ErrFull, Rows tells: it is if it was the first to find no room.
func (g *Group) Write(r *Record) error {
	if g.err != nil {
		return g.err
	}
	if g.only != nil && !g.only(r) {
		g.filtered++
		return nil
	}
	if g.full != nil {
		if err := g.Flush(); err != nil {
			return err
		}
	}
	g.rows++
	for _, f := range g.files {
		g.note(f.Write(r))
	}
	return g.outcome()
}

// Flush has the rows written that can be by now: all of those in CSV and JSON, those of the last five seconds excepted
// where these are compressed, and none in Parquet. It is to be called once a second or more often.
func (g *Group) Flush() error {
	if g.err != nil {
		return g.err
	}
	g.full = nil
	for _, f := range g.files {
		g.note(f.Flush())
	}
	return g.outcome()
}

// Sync returns once every row in CSV and JSON is on disk: what a checkpoint waits for before it counts on the rows.
// Each call ends a piece of a compressed file, and should be seconds from the last one. Rows in Parquet are safe only
// after Close.
func (g *Group) Sync() error {
	if g.err != nil {
		return g.err
	}
	g.full = nil
	for _, f := range g.files {
		g.note(f.Sync())
	}
	return g.outcome()
}

// note keeps the first error, and apart from it the first that may pass.
func (g *Group) note(err error) {
	switch {
	case errors.Is(err, ErrFull):
		if g.full == nil {
			g.full = err
		}
	case g.err == nil:
		g.err = err
	}
}

// outcome is what to tell the caller.
func (g *Group) outcome() error {
	if g.err != nil {
		return g.err
	}
	return g.full
}

// Close completes all files, on disk; ErrFull is final here. It returns the error that ended the Group, if one did, and on the same line
// those of other files that come only now. A second Close returns what the first did; Write, Flush and Sync then return
// an error that is os.ErrClosed, or the one that ended the Group.
func (g *Group) Close() error {
	if g.closed {
		return g.closeErr
	}
	g.closed = true
	g.closeErr = g.err
	for _, f := range g.files {
		switch err := f.Close(); {
		case err == nil || errors.Is(g.err, err): // the latter is known
		case g.closeErr == nil:
			g.closeErr = err
		default:
			g.closeErr = fmt.Errorf("%w; %w", g.closeErr, err)
		}
	}
	g.note(errGroupClosed)
	return g.closeErr
}

var errGroupClosed = fmt.Errorf("write output row: %w", os.ErrClosed)

// Rows returns how many records were accepted: each is a row of every file, written, still in a buffer, or lost to an
// error.
func (g *Group) Rows() uint64 { return g.rows }

// Written returns how many rows are whole in every file by now; after Close, Rows minus Written are lost. Of a Parquet
// file that is none before Close.
func (g *Group) Written() uint64 {
	written := g.rows
	for _, f := range g.files {
		written = min(written, f.Written())
	}
	return written
}

// Filtered returns how many records Config.Only has dropped.
func (g *Group) Filtered() uint64 { return g.filtered }
