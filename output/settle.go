package output

import (
	"errors"
	"fmt"
)

// unwriter is a destination that can take back the end of what it was given.
type unwriter interface {
	// Unwrite removes the last n bytes written, or removes nothing and returns an error: one that is
	// errors.ErrUnsupported if it never could.
	Unwrite(n int) error
}

// settle deals with a destination that took only the first n bytes of the buffer. It counts the rows among them, and has
// the part of a line behind them removed where that is possible. The error to report is final, unless it is ErrFull and
// the rest of the buffer can be written later, behind whole rows.
func (w *Writer) settle(n int, cause error) error {
	n = min(max(n, 0), len(w.buf)) // an io.Writer may be wrong
	rows, end := wholeRows(w.buf[:n], w.format)
	w.written += uint64(rows)
	if w.header > 0 && rows > 0 {
		w.written-- // the first line is the header
	}
	cut := n - end
	var err error
	if cut > 0 {
		err = errors.ErrUnsupported
		if u, ok := w.w.(unwriter); ok {
			err = u.Unwrite(cut)
		}
	}
	if errors.Is(cause, ErrFull) && err == nil {
		if rows > 0 {
			w.header = 0
		}
		w.full = true
		w.buf = append(w.buf[:0], w.buf[end:]...)
		return cause
	}
	w.err = w.lost(final(cause), cut, err)
	return w.err
}

// lost is the final error: what became of the bytes that were cut off a row is err, nil where they were removed.
func (w *Writer) lost(cause error, cut int, err error) error {
	switch {
	case cut == 0:
		return fmt.Errorf("%w (whole rows written: %d)", cause, w.written)
	case err == nil:
		return fmt.Errorf("%w (whole rows written: %d; %d bytes of another removed)", cause, w.written, cut)
	case errors.Is(err, errors.ErrUnsupported): // a pipe: what went in is gone
		return fmt.Errorf("%w (whole rows written: %d, then %d bytes of another)", cause, w.written, cut)
	}
	return fmt.Errorf("%w (whole rows written: %d, then %d bytes of another: %w)", cause, w.written, cut, err)
}

// wholeRows returns how many complete rows p begins with and where the last of them ends. A line break inside
// quotes is part of a CSV value; in JSON, no value can hold one.
func wholeRows(p []byte, format Format) (rows, end int) {
	quoted := false
	for i, c := range p {
		switch {
		case c == '"' && format == CSV:
			quoted = !quoted // a doubled quote does it twice
		case c == '\n' && !quoted:
			rows, end = rows+1, i+1
		}
	}
	return rows, end
}
