package blocklist

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// maxLine is the longest line that is read, its end included. No real entry with its comment comes near; a longer
// line is a file of another kind.
const maxLine = 64 << 10

const blanks = " \t\v\f"

var (
	errLineTooLong = fmt.Errorf("line is longer than %d bytes; want a text file with one entry a line", maxLine)
	errBareCR      = errors.New("carriage return inside the line; lines must end in LF or CRLF")
)

// lineReader cuts a list into lines. A UTF-8 byte order mark at its beginning is left out.
type lineReader struct {
	buf    *bufio.Reader // of maxLine bytes
	number int           // of the line that next returned, from 1
	isCut  bool          // of that line, next returned only the beginning
}

// next returns the next line with its end, which is valid until the call after. The error is io.EOF after the last line,
// errLineTooLong together with the beginning of a line that is passed over, or that of the reader.
func (r *lineReader) next() ([]byte, error) {
	if err := r.passRest(); err != nil {
		return nil, err
	}
	line, err := r.buf.ReadSlice('\n')
	r.number++
	if err != nil {
		return r.unended(line, err)
	}
	if r.number == 1 {
		line = bytes.TrimPrefix(line, []byte("\ufeff"))
	}
	return line, nil
}

// unended deals with a line for which ReadSlice found no end.
func (r *lineReader) unended(line []byte, err error) ([]byte, error) {
	if r.number == 1 {
		line = bytes.TrimPrefix(line, []byte("\ufeff"))
	}
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		r.isCut = true
		return line[:2*quoteMax], errLineTooLong // an error shows no more of it
	case errors.Is(err, io.EOF) && len(line) > 0:
		return line, nil // the next call meets the end again
	}
	return nil, err
}

// passRest passes over the rest of a line that was too long. That waits for the call after: the line may have no end, as
// /dev/zero has none, and most callers give up at its beginning.
func (r *lineReader) passRest() (err error) {
	for r.isCut && err == nil {
		_, err = r.buf.ReadSlice('\n')
		r.isCut = errors.Is(err, bufio.ErrBufferFull)
		if r.isCut {
			err = nil
		}
	}
	return err
}

// trimLine takes the end and the blanks around off a line, and refuses bytes that no line of a list has. With an error
// it returns the part of the line to show.
func trimLine(line []byte) ([]byte, error) {
	// Endings first: a CR that is not one may hide whole lines in what looks like a comment.
	line = bytes.TrimRight(line, "\r\n")
	switch {
	case bytes.IndexByte(line, 0) >= 0:
		return line, errBinary
	case bytes.IndexByte(line, '\r') >= 0:
		return line, errBareCR
	}
	return bytes.Trim(line, blanks), nil
}

// uncomment cuts a comment off a trimmed line.
func uncomment(line []byte) []byte {
	line, _, _ = bytes.Cut(line, []byte("#"))
	return bytes.TrimRight(line, blanks)
}

// firstWord returns the trimmed line up to its first blank, and what follows the blanks there.
func firstWord(line []byte) (word, rest []byte) {
	end := bytes.IndexAny(line, blanks)
	if end < 0 {
		return line, nil
	}
	return line[:end], bytes.TrimLeft(line[end:], blanks)
}
