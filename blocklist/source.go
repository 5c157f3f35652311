package blocklist

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// stdinPath is the path of a list that stands for standard input.
const stdinPath = "-"

var (
	errNoStdin    = errors.New(`list "-": standard input is not read here; want the path of a file`)
	errStdinTwice = errors.New(`list "-": standard input can be read only once`)
)

// open returns the list at path, and the name that errors call it.
func (l *Loader) open(path string) (r io.ReadCloser, name string, err error) {
	if path != stdinPath {
		f, err := os.Open(path)
		return f, path, err // the error names the operation and the path
	}
	if l.Stdin == nil {
		return nil, "", errNoStdin
	}
	if l.stdinRead {
		return nil, "", errStdinTwice
	}
	l.stdinRead = true
	return io.NopCloser(l.Stdin), "stdin", nil
}

// textOf returns the text of the list that raw holds, which it unpacks where it is a gzip file. It refuses what is not
// text with the error of sniff, and the beginning of it.
func textOf(ctx context.Context, raw io.Reader) (text *bufio.Reader, head []byte, err error) {
	text = bufio.NewReaderSize(&source{ctx: ctx, r: raw}, maxLine)
	head, err = text.Peek(sniffLen)
	if bytes.HasPrefix(head, []byte(gzipMagic)) {
		unzip, gzipErr := gzip.NewReader(text)
		if gzipErr != nil {
			return nil, nil, describeGzip(gzipErr)
		}
		text = bufio.NewReaderSize(&source{ctx: ctx, r: unzip, describe: describeGzip}, maxLine)
		head, err = text.Peek(sniffLen)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, err
	}
	return text, head, sniff(head)
}

// source reads from r until ctx ends. Once it has failed it fails the same way again: after the end, a terminal would
// ask for more.
type source struct {
	ctx      context.Context // of the one call that the source serves
	r        io.Reader
	describe func(error) error // applied to errors other than io.EOF, where not nil
	err      error
}

func (s *source) Read(p []byte) (n int, err error) {
	if s.err == nil {
		s.err = s.ctx.Err()
	}
	if s.err != nil {
		return 0, s.err
	}
	n, err = s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) && s.describe != nil {
		err = s.describe(err)
	}
	s.err = err
	return n, err
}

// describeGzip says of what is wrong with the bytes of a gzip file that it is; other errors it returns as they are.
func describeGzip(err error) error {
	corrupt := flate.CorruptInputError(0)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return fmt.Errorf("gzip file is cut short: %w", io.ErrUnexpectedEOF)
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.As(err, &corrupt):
		return fmt.Errorf("gzip file is damaged: %w", err)
	}
	return err
}

// describeRead adds the name to err unless err has it already.
func describeRead(err error, name string) error {
	if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
		return err
	}
	return fmt.Errorf("read %s: %w", name, err)
}
