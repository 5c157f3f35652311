package output

import (
	"bytes"
	"errors"
	"io"
)

// remains is what is worth keeping of what a process has left behind a mark.
type remains struct {
	end  int64  // of the file without what is torn
	rows uint64 // lines behind the mark, the header included
}

// findRemains reads the bytes from (a mark) to size of file, and finds where the last whole row ends or, compressed, the
// last whole piece of rows. An error is one of reading: no contents are.
//
// Torn is everything from the first row or piece on that is not whole, or in which there is a byte of zero. That is what
// some file systems show, after a crash of the machine, for data that did not reach the disk in time, though it may be
// that data behind it did. No row has such a byte.
func findRemains(file io.ReaderAt, from, size int64, f File) (remains, error) {
	src := &source{ReaderAt: file}
	rows := &rowScanner{format: f.Format}
	if f.Compression == Uncompressed {
		_, _ = io.Copy(rows, io.NewSectionReader(src, from, size-from)) // src knows
		return remains{from + rows.end, rows.rows}, src.err
	}
	pieces, err := newPieceReader(f.Compression)
	if err != nil {
		return remains{}, err
	}
	defer pieces.close()
	found := remains{end: from}
	for found.end < size {
		end, err := pieces.next(src, found.end, size, rows)
		if err != nil || rows.end != rows.read {
			break
		}
		found = remains{end, rows.rows}
	}
	return found, src.err
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
	s.read += int64(len(good))
	if torn {
		return len(good), errZero
	}
	return len(p), nil
}
