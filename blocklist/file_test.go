package blocklist

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

func TestRead(t *testing.T) {
	tests := []struct {
		name string
		file string
		want string // the ranges, joined by blanks
	}{
		{"empty file", "", ""},
		{"one line without an end", "198.18.0.1", "198.18.0.1"},
		{"in the order of the lines, doubles kept", "198.18.0.9\n198.18.0.1\n198.18.0.9\n", "198.18.0.9 198.18.0.1 198.18.0.9"},
		{"comments and blank lines", "# head\n\n \t\n  # more\n198.18.0.0/15\n", "198.18.0.0/15"},
		{"comment after an entry", "198.18.0.0/15 # lab\n198.18.0.1#lab\n", "198.18.0.0/15 198.18.0.1"},
		{"blanks around an entry", "\t 198.18.0.1 \t\n", "198.18.0.1"},
		{"only the first word counts", "198.18.0.1 lab network\n198.18.0.2\tx\n", "198.18.0.1 198.18.0.2"},
		{"a remark behind a dash", "198.18.0.0/15 - lab network\n198.18.0.1 -\n", "198.18.0.0/15 198.18.0.1"},
		{"CRLF", "198.18.0.1\r\n\r\n# c\r\n198.18.0.2\r\n", "198.18.0.1 198.18.0.2"},
		{"CRLF made from CRLF", "198.18.0.1\r\r\n198.18.0.2\r", "198.18.0.1 198.18.0.2"},
		{"byte order mark", "\ufeff198.18.0.1\n", "198.18.0.1"},
		{"byte order mark and nothing else", "\ufeff", ""},
		{"longest line", "198.18.0.1 #" + strings.Repeat("x", maxLine-13) + "\n198.18.0.2", "198.18.0.1 198.18.0.2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Read(strings.NewReader(tt.file), "block.conf")
			if text := strings.Trim(fmt.Sprint(got), "[]"); err != nil || text != tt.want {
				t.Errorf("Read(%.80q) = %v, %v, want %v", tt.file, text, err, tt.want)
			}
		})
	}
}

func TestReadRefuses(t *testing.T) {
	tests := []struct {
		name string
		file string
		want string // beginning of the message
	}{
		{"bad entry", strings.Repeat("\n", 11) + "10.0.0.0/33 # c\n", `block.conf:12: "10.0.0.0/33": prefix length must be 0 to 32`},
		{"first of two", "x\ny\n", `block.conf:1: "x": want an IPv4 address`},
		{"last line without an end", "198.18.0.1\nx", `block.conf:2: "x": want`},
		{"byte order mark in mid-file", "198.18.0.1\n\ufeff198.18.0.2\n", `block.conf:2: "\ufeff198.18.0.2": want`},
		{"IPv6", "2001:db8::/32\n", `block.conf:1: "2001:db8::/32": IPv6 is not supported yet`},
		{"list on one line", "198.18.0.1, 198.18.0.2\n", `block.conf:1: "198.18.0.1,": want`},
		{"range with blanks around the dash", "198.18.0.1 - 198.18.0.9\n", `block.conf:1: "198.18.0.1 - 198.18.0.9": blanks in a range`},
		{"range with a blank before the dash", "198.18.0.1\t-198.18.0.9 lab\n", `block.conf:1: "198.18.0.1\t-198.18.0.9 lab": blanks`},
		{"range with a blank after the dash", "198.18.0.1- 198.18.0.9\n", `block.conf:1: "198.18.0.1-": "" is not`},
		{"old Macintosh line ends", "198.18.0.1\r198.18.0.2\r", `block.conf:1: "198.18.0.1\r198.18.0.2": carriage return`},
		{"lines hidden behind a comment", "# head\r198.18.0.2\r\n", `block.conf:1: "# head\r198.18.0.2": carriage return`},
		{"2 MB line", "198.18.0.1\n" + strings.Repeat("198.18.0.1,", 200_000), `block.conf:2: "198.18.0.1,198.18.0.1,198.18.0.1,198.18.0.1,198."...: line is longer than 65536 bytes`},
		{"2 MB of blanks", strings.Repeat(" ", 2<<20), `block.conf:1: "                                                "...: line is longer`},
		{"one above the longest line", strings.Repeat("#", maxLine) + "\n", `block.conf:1: "################################################"...: line`},
		{"zero bytes", strings.Repeat("\x00", 2<<20), `block.conf:1: "\x00\x00\x00`},
		{"ELF file", "\x7fELF\x02\x01\x01\x00\x00\n", `block.conf:1: "\x7fELF\x02\x01\x01\x00\x00": want an IPv4`},
		{"UTF-16, low byte first", "\xff\xfe1\x000\x00.\x00", `block.conf:1: "\xff\xfe1\x000\x00.\x00": file is UTF-16`},
		{"UTF-16, high byte first", "\xfe\xff\x001\x000\n", `block.conf:1: "\xfe\xff\x001\x000": file is UTF-16`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Read(strings.NewReader(tt.file), "block.conf")
			if err == nil || got != nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Fatalf("Read(%.80q):\n got %v, %v\nwant an error that begins %s", tt.file, got, err, tt.want)
			}
			parseErr := (*ParseError)(nil)
			if !errors.As(err, &parseErr) || parseErr.Name != "block.conf" {
				t.Errorf("Read(%.80q): %#v, want a *ParseError with the name", tt.file, err)
			}
			checkOneLine(t, err)
		})
	}
}

func TestReadKeepsTheCauseOfAFailedRead(t *testing.T) {
	_, err := Read(iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader("198.18.0.1\n"))), "stdin")
	if !errors.Is(err, iotest.ErrTimeout) || err.Error() != "read stdin: timeout" {
		t.Errorf("Read: %v, want read stdin: timeout", err)
	}
}

func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "block.conf")
	if err := os.WriteFile(path, []byte("198.18.0.1\nx\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFile(path); err == nil || !strings.HasPrefix(err.Error(), path+":2: ") {
		t.Errorf("ReadFile of a bad file: %v, want %s:2: ...", err, path)
	}
	if _, err := ReadFile(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("ReadFile of no file: %v, want fs.ErrNotExist", err)
	}
	if _, err := ReadFile(dir); err == nil || strings.Count(err.Error(), dir) != 1 {
		t.Errorf("ReadFile of a directory: %v, want an error that names it once", err)
	}
}

// FuzzRead holds that a file is either read, or refused in one line with a line number in the file; and that what was
// read comes back the same when written one entry a line.
func FuzzRead(f *testing.F) {
	f.Add([]byte("\ufeff# c\r\n198.18.0.0/15 # x\r\n\n198.18.0.1-198.18.0.9 y"))
	f.Add([]byte("198.18.0.1 - 198.18.0.9\n"))
	f.Add([]byte("\xff\xfe\x00\r#\r\n"))
	f.Add(bytes.Repeat([]byte{' '}, maxLine+1))
	f.Fuzz(func(t *testing.T, file []byte) {
		got, err := Read(bytes.NewReader(file), "f")
		if parseErr := (*ParseError)(nil); errors.As(err, &parseErr) {
			if parseErr.Line < 1 || parseErr.Line > bytes.Count(file, []byte("\n"))+1 {
				t.Errorf("line %d of a file with %d line ends", parseErr.Line, bytes.Count(file, []byte("\n")))
			}
			checkOneLine(t, err)
			return
		}
		if err != nil {
			t.Fatalf("Read of memory: %v", err)
		}
		var rewritten strings.Builder
		for _, r := range got {
			fmt.Fprintln(&rewritten, r)
		}
		if again, err := Read(strings.NewReader(rewritten.String()), "g"); err != nil || fmt.Sprint(again) != fmt.Sprint(got) {
			t.Errorf("read %v, wrote it, and read %v, %v", got, again, err)
		}
	})
}
