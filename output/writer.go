package output

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"
)

// flushSize is how many bytes a Writer gathers before it writes them, unless told to earlier: enough that the
// cost of a write system call no longer shows in the cost of a row.
const flushSize = 64 << 10

// Config describes the rows of a Writer. The zero value of every field but Fields selects a default.
type Config struct {
	Format   Format             // default CSV
	Fields   []Field            // 1 to MaxFields of Fields(), in the order of the columns; required
	Header   bool               // begin with a line of field names; CSV only, JSON has none (default off)
	Location *time.Location     // zone of timestamp_str (default time.Local)
	Scan     ScanInfo           // values of the fields engine, scan_id and shard (default null, null and 0)
	Only     func(*Record) bool // a Filter's Match: rows for which it is false are counted, not written (default: all are)
}

// Writer writes records as rows. It gathers whole lines and passes them on when it has 64 KiB of them, so a
// caller whose rows are read while they are being written calls Flush at least once a second.
//
// The first error of the underlying writer is final: every later call returns it. The exception is one that is ErrFull:
// the rows stay in the buffer, and the next Flush tries again. A Writer is for one goroutine.
type Writer struct {
	w       io.Writer
	columns []column
	format  Format
	only    func(*Record) bool
	clock   clock

	gather int // bytes to wait for before they are written
	buf    []byte
	header int   // length of the header at the front of buf, 0 once it is written
	full   bool  // the last Flush found no room
	err    error // of the underlying writer, or os.ErrClosed

	rows     uint64
	written  uint64
	filtered uint64
}

// column is a Field made ready for use on every row.
type column struct {
	name    string
	jsonKey string // ,"name":
	get     func(*Record) value
}

// NewWriter returns a Writer on w. The header, if there is one, waits in the buffer for the first Flush. An error
// is about cfg: no fields, too many, one not made by this package, or an unknown format.
//
// If w has a method Unwrite(n int) error, as a Sink has, it is called after a failed Write to take back the n
// bytes of a line that was written in part.
func NewWriter(w io.Writer, cfg Config) (*Writer, error) { return newWriter(w, cfg, flushSize) }

// newWriter returns a Writer that gathers that many bytes.
func newWriter(w io.Writer, cfg Config, gather int) (*Writer, error) {
	switch cfg.Format {
	case CSV, JSON:
	case Parquet:
		return nil, errors.New("parquet has no lines: a Writer cannot write it, a Group can")
	default:
		return nil, fmt.Errorf("unknown output %v", cfg.Format)
	}
	columns, err := cfg.columns()
	if err != nil {
		return nil, err
	}
	if cfg.Location == nil {
		cfg.Location = time.Local
	}
	longest := 2 // room for the row that crosses the limit
	for _, c := range columns {
		longest += len(c.jsonKey) + max(longestValue, cfg.Scan.room())
	}
	out := &Writer{
		w:       w,
		columns: columns,
		format:  cfg.Format,
		only:    cfg.Only,
		clock:   newClock(cfg.Location),
		gather:  gather,
		buf:     make([]byte, 0, gather+longest),
	}
	if cfg.Header && cfg.Format == CSV {
		out.buf = out.csvHeader(out.buf)
		out.header = len(out.buf)
	}
	return out, nil
}

// columns checks the fields of cfg and prepares them.
func (cfg *Config) columns() ([]column, error) {
	switch n := len(cfg.Fields); {
	case n == 0:
		return nil, errors.New("no output fields")
	case n > MaxFields:
		return nil, fmt.Errorf("%d output fields: the most is %d", n, MaxFields)
	}
	columns := make([]column, 0, len(cfg.Fields))
	for _, f := range cfg.Fields {
		if f.get == nil {
			return nil, fmt.Errorf("output field %q is not one of this package", f.Name)
		}
		isSame := func(c column) bool { return c.name == f.Name }
		if cfg.Format != CSV && slices.ContainsFunc(columns, isSame) {
			continue // an object with the same key, or a table with the same column, twice breaks readers
		}
		columns = append(columns, column{f.Name, `,"` + f.Name + `":`, f.in(&cfg.Scan).get})
	}
	return columns, nil
}

// Write adds r as one row, unless Config.Only drops it. It keeps no reference to r and does not allocate. An error
// is that of the underlying writer, as Flush returns it. After one that is ErrFull, Rows tells whether r was accepted: it
// was if the buffer became full with it, and is not while there is no room in the buffer.
func (w *Writer) Write(r *Record) error {
	if w.err != nil {
		return w.err
	}
	if len(w.buf) >= w.gather {
		if err := w.Flush(); err != nil {
			return err
		}
	}
	if w.only != nil && !w.only(r) {
		w.filtered++
		return nil
	}
	if w.format == JSON {
		w.buf = w.jsonRow(w.buf, r)
	} else {
		w.buf = w.csvRow(w.buf, r)
	}
	w.rows++
	if len(w.buf) >= w.gather {
		return w.Flush()
	}
	return nil
}

// Flush writes what is in the buffer, in one call of the underlying Write and always in whole lines. If that
// fails, the error wraps the cause and says how many rows are written whole, and whether a part of another
// follows them; the rest of the buffer is lost. It is not after an error that is ErrFull.
func (w *Writer) Flush() error {
	if w.err != nil || len(w.buf) == 0 {
		return w.err
	}
	n, err := w.w.Write(w.buf)
	if err == nil && n < len(w.buf) {
		err = io.ErrShortWrite
	}
	if err != nil {
		return w.settle(n, err)
	}
	w.written, w.full = w.rows, false
	w.header = 0
	w.buf = w.buf[:0]
	return nil
}

// Close flushes, and takes ErrFull for final. It leaves the underlying writer open, for that one is the caller's. After
// Close, Write and Flush return an error that is os.ErrClosed; a second Close does nothing and returns what the first
// did.
func (w *Writer) Close() error {
	if errors.Is(w.err, errWriterClosed) {
		return nil
	}
	if err := w.Flush(); err != nil {
		if w.err == nil {
			w.err = w.lost(final(err), 0, nil)
		}
		return w.err
	}
	w.err = errWriterClosed
	return nil
}

// errWriterClosed is what a Writer that was closed in good order holds as its error.
var errWriterClosed = fmt.Errorf("write output row: %w", os.ErrClosed)

// Rows returns how many rows were accepted: written, still in the buffer, or lost to an error.
func (w *Writer) Rows() uint64 { return w.rows }

// Written returns how many rows the underlying writer has taken whole. After an error, Rows minus Written rows
// are lost.
func (w *Writer) Written() uint64 { return w.written }

// Filtered returns how many records Config.Only has dropped.
func (w *Writer) Filtered() uint64 { return w.filtered }
