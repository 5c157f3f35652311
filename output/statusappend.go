package output

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// AppendStatus is CreateStatus for what goes on: rows that are in the file stay, and there is one header. The part of a row
// that a killed process may have left at the end is cut off, and with it all from a byte of zero on, which a crash of the
// machine may leave. Standard output gets a header: it is that of another process. A file that does not begin with the
// header is somebody else's: an error that names it.
func AppendStatus(path string) (*StatusWriter, error) {
	sink, err := openSink(path)
	if err != nil {
		return nil, err
	}
	at := int64(0)
	if sink.regular && !sink.created && !sink.stdout {
		if at, err = wholeStatus(path); err == nil {
			_, err = sink.goOnAt(at)
		}
	}
	if err == nil && at == 0 {
		err = sink.writeWhole([]byte(statusHeader))
	}
	if err != nil {
		_ = sink.Close() // the first error counts
		return nil, err
	}
	return &StatusWriter{sink: sink}, nil
}

// wholeStatus returns where the last whole row of a file ends.
func wholeStatus(path string) (end int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, fmt.Errorf("add to %s: %w", path, causeOf(err))
	}
	defer f.Close() // it was only read
	head := make([]byte, len(statusHeader))
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	head, _, _ = bytes.Cut(head[:n], []byte{0})
	if string(head) != statusHeader[:len(head)] {
		return 0, fmt.Errorf("add to %s: it holds no status updates, and stays as it is", path)
	}
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	rows, err := findRemains(f, 0, info.Size(), File{Path: path}, 0)
	return rows.end, err
}
