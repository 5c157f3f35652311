package output

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// remains is what is worth keeping of what a process has left behind a mark.
type remains struct {
	end  int64  // of the file without what is torn
	rows uint64 // lines behind the mark, the header included
	head []byte // the first bytes behind the mark, as many of those asked for as there are before a byte of zero
	raw  []byte // the same as they are in a compressed file
}

// findRemains reads the bytes from (a mark) to size of file, and finds where the last whole row ends or, compressed, the
// last whole piece of rows. An error is one of reading: no contents are.
//
// Torn is everything from the first row or piece on that is not whole, or in which there is a byte of zero. That is what
// some file systems show, after a crash of the machine, for data that did not reach the disk in time, though it may be
// that data behind it did. No row has such a byte.
func findRemains(file io.ReaderAt, from, size int64, f File, head int) (remains, error) {
	src := &source{ReaderAt: file}
	rows := &rowScanner{format: f.Format, headSize: head}
	if f.Compression == Uncompressed {
		_, _ = io.Copy(rows, io.NewSectionReader(src, from, size-from)) // src knows
		return remains{end: from + rows.end, rows: rows.rows, head: rows.head}, src.err
	}
	pieces, err := newPieceReader(f.Compression)
	if err != nil {
		return remains{}, err
	}
	defer pieces.close()
	found := remains{end: from, raw: make([]byte, min(size-from, magicSize))}
	_, _ = src.ReadAt(found.raw, from) // src knows
	found.raw, _, _ = bytes.Cut(found.raw, []byte{0})
	for found.end < size {
		end, err := pieces.next(src, found.end, size, rows)
		if err != nil || rows.end != rows.read {
			break
		}
		found.end, found.rows, found.head = end, rows.rows, rows.head // of what is not whole, nothing is known
	}
	return found, src.err
}

// magicSize is how many bytes the compressions begin with.
const magicSize = 4

// magic is what a file of pieces begins with: RFC 1952 section 2.3.1, RFC 8878 section 3.1.1.
func (c Compression) magic() string {
	switch c {
	case Gzip:
		return "\x1f\x8b\x08"
	case Zstd:
		return "\x28\xb5\x2f\xfd"
	}
	return ""
}

// beginning is what each file of rows begins with, before it is compressed, or how a first row does.
func (cfg Config) beginning(format Format) string {
	cfg.Format = format
	if format == JSON {
		return "{"
	}
	if w, err := NewWriter(io.Discard, cfg); err == nil { // its error is that of reopening, too
		return string(w.buf)
	}
	return ""
}

// check refuses the contents of a file that was empty, if they do not begin as those of f do.
func (r *remains) check(f File, begins string) error {
	magic := f.Compression.magic()
	if strings.HasPrefix(begins, string(r.head)) && strings.HasPrefix(magic, string(r.raw[:min(len(r.raw), len(magic))])) {
		return nil
	}
	return fmt.Errorf("it was empty, and begins with something else now than a scan writes there: %s", wayOut)
}

// source keeps the error of a file apart from those of its contents.
type source struct {
	io.ReaderAt
	err error
}

func (s *source) ReadAt(p []byte, at int64) (int, error) {
	n, err := s.ReaderAt.ReadAt(p, at)
	if err != nil && !errors.Is(err, io.EOF) && s.err == nil {
		s.err = err
	}
	return n, err
}

// rowScanner counts the rows in what is written to it. A byte of zero is an error.
type rowScanner struct {
	format Format
	quoted bool  // within quotes of a CSV value
	read   int64 // bytes so far
	end    int64 // of them, those up to the end of the last whole row
	rows   uint64

	head     []byte // the first bytes
	headSize int    // so many of them
}

var errZero = errors.New("a byte of zero among rows")

func (s *rowScanner) Write(p []byte) (int, error) {
	good, _, torn := bytes.Cut(p, []byte{0})
	for i, c := range good {
		switch {
		case c == '"' && s.format == CSV:
			s.quoted = !s.quoted // a doubled quote does it twice
		case c == '\n' && !s.quoted:
			s.rows, s.end = s.rows+1, s.read+int64(i)+1
		}
	}
	s.head = append(s.head, good[:min(len(good), s.headSize-len(s.head))]...)
	s.read += int64(len(good))
	if torn {
		return len(good), errZero
	}
	return len(p), nil
}
