package blocklist

import (
	"bytes"
	"errors"
	"fmt"
)

// These say that a file is not text at all. They end the reading even where bad lines are skipped.
var (
	errUTF16       = errors.New("file is UTF-16; want UTF-8 or ASCII")
	errBinary      = errors.New("this looks like a binary file; want text with one entry a line")
	errCompression = errors.New("compression is not supported; want text, or text in gzip")
)

const gzipMagic = "\x1f\x8b"

// sniffLen is how much of a file sniff wants to see.
const sniffLen = 16

// sniff returns what a file that begins with head is, where that is a well-known kind that is no text: one error then,
// instead of one for whatever the first line happens to be. A gzip file has been unpacked before.
func sniff(head []byte) error {
	if name := compressionOf(head); name != "" {
		return fmt.Errorf("%s %w", name, errCompression)
	}
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return errUTF16
	case bytes.HasPrefix(head, []byte("\x7fELF")):
		return errBinary
	}
	return nil
}

// compressionOf returns the name of the program that made a file that begins with head, or nothing.
func compressionOf(head []byte) string {
	for _, kind := range []struct{ magic, name string }{
		{"\x28\xb5\x2f\xfd", "zstd"},
		{"\xfd7zXZ\x00", "xz"},
		{"PK\x03\x04", "zip"},
		{"7z\xbc\xaf\x27\x1c", "7z"},
		{"\x04\x22\x4d\x18", "lz4"},
		{gzipMagic, "gzip inside gzip"},
	} {
		if bytes.HasPrefix(head, []byte(kind.magic)) {
			return kind.name
		}
	}
	if bytes.HasPrefix(head, []byte("BZh")) && bytes.Contains(head, []byte("1AY&SY")) { // "BZh" may begin a host name
		return "bzip2"
	}
	return ""
}
