package blocklist

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// maxLine is the longest line that is read, its end included. No real entry with its comment comes near; a longer
// line is a file of another kind.
const maxLine = 64 << 10

const blanks = " \t\v\f"

var (
	errLineTooLong = fmt.Errorf("line is longer than %d bytes; want a text file with one entry a line", maxLine)
	errBareCR      = errors.New("carriage return inside the line; lines must end in LF or CRLF")
	errUTF16       = errors.New("file is UTF-16; want UTF-8 or ASCII")
	errBlankRange  = errors.New("blanks in a range; want first-last with none")
)

// ReadFile reads the file at path as [Read] does.
func ReadFile(path string) ([]Range, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err // it names the operation and the path
	}
	defer f.Close()
	return Read(f, path)
}

// Read reads a list of addresses, prefixes and ranges ([Parse]) in the syntax of ZMap's blocklist and allowlist files,
// in the order of the lines:
//
//	# a comment
//	198.18.0.0/15        # one entry a line, anything after it is ignored
//	203.0.113.7-203.0.113.9
//
// Blanks around the entry, empty lines, CRLF line ends, a missing last line end and a UTF-8 byte order mark are
// accepted. Only the first word of a line is the entry, as in ZMap; but where that would cut a range short
// ("a - b"), and at a carriage return in mid-line, which hides the lines behind it, Read stops: a blocklist of which a
// part is silently dropped is worse than none.
//
// The first bad line ends the reading with a [*ParseError] that holds name and the line number. A failed read keeps
// its cause in the chain.
func Read(r io.Reader, name string) ([]Range, error) {
	lines := bufio.NewReaderSize(r, maxLine)
	var ranges []Range
	for number := 1; ; number++ {
		line, readErr := lines.ReadSlice('\n')
		if readErr != nil && readErr != io.EOF && !errors.Is(readErr, bufio.ErrBufferFull) {
			return nil, describeRead(readErr, name)
		}
		if number == 1 {
			line = bytes.TrimPrefix(line, []byte("\ufeff"))
		}
		entry, err := entryOf(line, number == 1, errors.Is(readErr, bufio.ErrBufferFull))
		if err == nil && len(entry) > 0 {
			var got Range
			got, err = parse(string(entry))
			ranges = append(ranges, got)
		}
		if err != nil {
			return nil, &ParseError{Name: name, Line: number, Text: string(entry), Err: err}
		}
		if readErr == io.EOF {
			return ranges, nil
		}
	}
}

// entryOf returns the first word of a line, or nothing where the line has none. With an error it returns the part of
// the line to show. isFirst is set for the first line of a file, isCut for a line that did not fit the buffer.
func entryOf(line []byte, isFirst, isCut bool) ([]byte, error) {
	// Endings first: a CR that is not one may hide whole lines in what looks like a comment.
	line = bytes.TrimRight(line, "\r\n")
	switch {
	case isFirst && (bytes.HasPrefix(line, []byte("\xff\xfe")) || bytes.HasPrefix(line, []byte("\xfe\xff"))):
		return line, errUTF16
	case isCut:
		return line, errLineTooLong
	case bytes.IndexByte(line, '\r') >= 0:
		return line, errBareCR
	}
	line, _, _ = bytes.Cut(line, []byte("#"))
	line = bytes.Trim(line, blanks)
	end := bytes.IndexAny(line, blanks)
	if end < 0 {
		return line, nil
	}
	if isBlankRange(bytes.TrimLeft(line[end:], blanks)) {
		return line, errBlankRange
	}
	return line[:end], nil
}

// isBlankRange reports whether rest, the words after the first, is the second half of a range, "- b" or "-b", and not
// a remark such as "- lab network".
func isBlankRange(rest []byte) bool {
	half, ok := bytes.CutPrefix(rest, []byte("-"))
	words := bytes.Fields(half)
	if !ok || len(words) == 0 {
		return false
	}
	_, err := parse(string(words[0]))
	return err == nil
}

// describeRead adds the name to err unless err has it already.
func describeRead(err error, name string) error {
	if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
		return err
	}
	return fmt.Errorf("read %s: %w", name, err)
}
