package output

import (
	"hash/crc32"
	"io"
)

// Tail tells the bytes that a Mark ends with from others, so that nobody goes on behind rows that are not those of the
// scan. The zero Tail tells nothing: it is that of an empty file, and of a Mark by a version that knew none.
type Tail struct {
	Bytes int64  // how many they are: 4096, or all where the file has fewer
	Sum   uint32 // CRC-32C of them
}

const tailSize = 4096 // bytes: some 300 addresses, or 40 rows of all fields

func tailOf(end []byte) Tail {
	end = end[max(0, len(end)-tailSize):]
	if len(end) == 0 {
		return Tail{}
	}
	return Tail{int64(len(end)), crc32.Checksum(end, crc32.MakeTable(crc32.Castagnoli))}
}

// isOf tells whether a file that ends with last, which readEnd has read, ends with those bytes.
func (t Tail) isOf(last []byte) bool {
	if t == (Tail{}) {
		return true
	}
	if t.Bytes < 1 || t.Bytes > int64(len(last)) {
		return false // no Mark says so
	}
	return tailOf(last[int64(len(last))-t.Bytes:]) == t
}

// readEnd reads the last bytes of file before end.
func readEnd(file io.ReaderAt, end int64) ([]byte, error) {
	last := make([]byte, min(end, tailSize))
	_, err := file.ReadAt(last, end-int64(len(last)))
	return last, err
}

// An ending is the last bytes that were written to a file: in memory, since a Mark must not wait for the disk, and since
// who writes to a file need not be allowed to read it.
type ending []byte

// add notes what has been written behind them. Of what is only a part of what was to be written, all is kept until the
// next time: it may be taken back.
func (e *ending) add(p []byte, isPart bool) {
	if !isPart && len(p) >= tailSize {
		*e = append((*e)[:0], p[len(p)-tailSize:]...)
		return
	}
	*e = append(*e, p...)
	if surplus := len(*e) - tailSize; !isPart && surplus > 0 {
		*e = append((*e)[:0], (*e)[surplus:]...)
	}
}

// cut notes that the last n bytes are gone. Where it had no more than those, fewer are known from here on.
func (e *ending) cut(n int) { *e = (*e)[:max(0, len(*e)-n)] }
