package blocklist

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// setOf reads text with l, from standard input.
func setOf(l Loader, text string) (*Set, error) {
	l.Stdin = strings.NewReader(text)
	return l.Set(context.Background(), "-")
}

func TestLoaderSet(t *testing.T) {
	tests := []struct {
		name string
		file string
		want string // the ranges, joined by blanks
	}{
		{"empty file", "", ""},
		{"one line without an end", "198.18.0.1", "198.18.0.1"},
		{"any order, doubles, neighbours", "198.18.0.9\n198.18.0.1\n198.18.0.9\n198.18.0.8\n", "198.18.0.1 198.18.0.8/31"},
		{"prefix, range, prefix of one", "198.18.0.9/16\n198.20.0.1-198.20.0.9\n198.21.0.1/32", "198.18.0.0/16 198.20.0.1-198.20.0.9 198.21.0.1"},
		{"everything", "0.0.0.0/0\n0.0.0.0\n255.255.255.255\n", "0.0.0.0/0"},
		{"comments and blank lines", "# head\n\n \t\n  # more\n198.18.0.0/15\n", "198.18.0.0/15"},
		{"comments and nothing else", "# head\n\n", ""},
		{"comment after an entry", "198.18.0.0/15 # lab\n198.18.0.1#lab\n", "198.18.0.0/15"},
		{"blanks around an entry", "\t 198.18.0.1 \t\n", "198.18.0.1"},
		{"only the first word counts", "198.18.0.1 lab network\n198.18.0.3\tx\n", "198.18.0.1 198.18.0.3"},
		{"a remark behind a dash", "198.18.0.0/15 - lab network\n198.20.0.1 -\n", "198.18.0.0/15 198.20.0.1"},
		{"CRLF", "198.18.0.1\r\n\r\n# c\r\n198.18.0.3\r\n", "198.18.0.1 198.18.0.3"},
		{"CRLF made from CRLF", "198.18.0.1\r\r\n198.18.0.3\r", "198.18.0.1 198.18.0.3"},
		{"byte order mark", "\ufeff198.18.0.1\n", "198.18.0.1"},
		{"byte order mark and nothing else", "\ufeff", ""},
		{"longest line", "198.18.0.1 #" + strings.Repeat("x", maxLine-13) + "\n198.18.0.3", "198.18.0.1 198.18.0.3"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := setOf(Loader{}, tt.file)
			if err != nil || text(got) != tt.want {
				t.Errorf("Set(%.80q) = %v, %v, want %v", tt.file, got, err, tt.want)
			}
		})
	}
}

// TestLoaderGivesUpAtTheBeginning: a line that is too long is refused before its end is seen, which it may not have.
func TestLoaderGivesUpAtTheBeginning(t *testing.T) {
	for _, tt := range []struct {
		line string
		skip func(*ParseError)
		want error
	}{
		{"x", nil, errLineTooLong},
		{"\x00", nil, errBinary},
		{"\x00", func(*ParseError) { t.Error("skipped the file") }, errBinary},
	} {
		l := Loader{Skip: tt.skip, Stdin: io.MultiReader(strings.NewReader(strings.Repeat(tt.line, 2*maxLine)),
			iotest.ErrReader(errors.New("read to the end")))}
		if _, err := l.Set(context.Background(), "-"); !errors.Is(err, tt.want) {
			t.Errorf("Set of %q without end: %v, want %v", tt.line, err, tt.want)
		}
	}
}

func TestLoaderSetRefuses(t *testing.T) {
	tests := []struct {
		name string
		file string
		want string // beginning of the message
	}{
		{"bad entry", strings.Repeat("\n", 11) + "10.0.0.0/33 # c\n", `stdin:12: "10.0.0.0/33": prefix length must be 0 to 32`},
		{"first of two", "?\n!\n", `stdin:1: "?": want an IPv4 address`},
		{"last line without an end", "198.18.0.1\n?", `stdin:2: "?": want`},
		{"byte order mark in mid-file", "198.18.0.1\n\ufeff198.18.0.2\n", `stdin:2: "\ufeff198.18.0.2": want`},
		{"IPv6", "2001:db8::/32\n", `stdin:1: "2001:db8::/32": IPv6 is not supported yet`},
		{"list on one line", "198.18.0.1, 198.18.0.2\n", `stdin:1: "198.18.0.1,": want`},
		{"range with blanks around the dash", "198.18.0.1 - 198.18.0.9\n", `stdin:1: "198.18.0.1 - 198.18.0.9": blanks in a range`},
		{"range with a blank before the dash", "198.18.0.1\t-198.18.0.9 lab\n", `stdin:1: "198.18.0.1\t-198.18.0.9 lab": blanks`},
		{"range with a blank after the dash", "198.18.0.1- 198.18.0.9\n", `stdin:1: "198.18.0.1-": "" is not`},
		{"old Macintosh line ends", "198.18.0.1\r198.18.0.2\r", `stdin:1: "198.18.0.1\r198.18.0.2": carriage return`},
		{"lines hidden behind a comment", "# head\r198.18.0.2\r\n", `stdin:1: "# head\r198.18.0.2": carriage return`},
		{"2 MB line", "198.18.0.1\n" + strings.Repeat("198.18.0.1,", 200_000), `stdin:2: "198.18.0.1,198.18.0.1,198.18.0.1,198.18.0.1,198."...: line is longer than 65536 bytes`},
		{"2 MB of blanks", strings.Repeat(" ", 2<<20), `stdin:1: "                                                "...: line is longer`},
		{"one above the longest line", strings.Repeat("#", maxLine) + "\n", `stdin:1: "################################################"...: line`},
		{"host name", "198.18.0.1\nexample.com\n", `stdin:2: "example.com": host names are not looked up; want an IPv4 address`},
		{"zero bytes", strings.Repeat("\x00", 2<<20), `stdin:1: "\x00\x00\x00`},
		{"zero byte in mid-file", "198.18.0.1\n198.18.0.2 \x00\n", `stdin:2: "198.18.0.2 \x00": this looks like a binary file`},
		{"ELF file", "\x7fELF\x02\x01\x01\x00\x00\n", `stdin:1: "\x7fELF\x02\x01\x01\x00": this looks like a binary file`},
		{"zstd file", "\x28\xb5\x2f\xfd\x24\n", `stdin:1: "(\xb5/\xfd$": zstd compression is not supported; want text, or text in gzip`},
		{"xz file", "\xfd7zXZ\x00\x00\x04", `stdin:1: "\xfd7zXZ\x00\x00\x04": xz compression`},
		{"bzip2 file", "BZh91AY&SY\x00", `stdin:1: "BZh91AY&": bzip2 compression`},
		{"host name that begins as bzip2 does", "BZhost.example", `stdin:1: "BZhost.example": host names`},
		{"zip file", "PK\x03\x04\x14\x00", `stdin:1: "PK\x03\x04\x14\x00": zip compression`},
		{"UTF-16, low byte first", "\xff\xfe1\x000\x00.\x00", `stdin:1: "\xff\xfe1\x000\x00.\x00": file is UTF-16`},
		{"UTF-16 without a byte order mark", "1\x000\x00.\x00", `stdin:1: "1\x000\x00.\x00": this looks like a binary file`},
		{"UTF-16, high byte first", "\xfe\xff\x001\x000\n", `stdin:1: "\xfe\xff\x001\x000": file is UTF-16`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := setOf(Loader{}, tt.file)
			if err == nil || got != nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Fatalf("Set(%.80q):\n got %v, %v\nwant an error that begins %s", tt.file, got, err, tt.want)
			}
			parseErr := (*ParseError)(nil)
			if !errors.As(err, &parseErr) || parseErr.Name != "stdin" {
				t.Errorf("Set(%.80q): %#v, want a *ParseError with the name", tt.file, err)
			}
			checkOneLine(t, err)
		})
	}
}

func TestLoaderSetKeepsTheCauseOfAFailedRead(t *testing.T) {
	l := Loader{Stdin: iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader("198.18.0.1\n")))}
	if _, err := l.Set(context.Background(), "-"); !errors.Is(err, iotest.ErrTimeout) || err.Error() != "read stdin: timeout" {
		t.Errorf("Set: %v, want read stdin: timeout", err)
	}
}

func TestLoaderSetOfFiles(t *testing.T) {
	set := func(path string) (*Set, error) { return new(Loader).Set(context.Background(), path) }
	dir := t.TempDir()
	good, bad := filepath.Join(dir, "good"), filepath.Join(dir, "bad")
	writeFile(t, good, "198.18.0.3\n198.18.0.1\n")
	writeFile(t, bad, "198.18.0.1\nx\n")
	if got, err := set(good); err != nil || fmt.Sprint(slices.Collect(got.Ranges())) != "[198.18.0.1 198.18.0.3]" {
		t.Errorf("Set = %v, %v", got, err)
	}
	if _, err := set(bad); err == nil || !strings.HasPrefix(err.Error(), bad+":2: ") {
		t.Errorf("Set of a bad file: %v, want %s:2: ...", err, bad)
	}
	if _, err := set(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Set of no file: %v, want fs.ErrNotExist", err)
	}
	if _, err := set(dir); err == nil || strings.Count(err.Error(), dir) != 1 {
		t.Errorf("Set of a directory: %v, want an error that names it once", err)
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestLoaderReadsStdinOnce(t *testing.T) {
	l := Loader{Stdin: strings.NewReader("198.18.0.1")}
	if s, err := l.Set(context.Background(), "-"); err != nil || s.Len() != 1 {
		t.Errorf("Set of stdin: %v, %v", s, err)
	}
	if _, err := l.Pairs(context.Background(), "-"); !errors.Is(err, errStdinTwice) {
		t.Errorf("Pairs of stdin after it: %v, want %v", err, errStdinTwice)
	}
	if _, err := new(Loader).Set(context.Background(), "-"); !errors.Is(err, errNoStdin) {
		t.Errorf("Set of no stdin: %v, want %v", err, errNoStdin)
	}
}

func TestLoaderSkipsBadLines(t *testing.T) {
	long := strings.Repeat("y", maxLine)
	file := "198.18.0.1\nx\n198.18.0.0/33 # c\n" + long + long + "\n2001:db8::1\n198.18.0.3\n" + long
	var got []string
	s, err := setOf(Loader{Skip: func(bad *ParseError) { got = append(got, fmt.Sprintf("%s:%d %.4s", bad.Name, bad.Line, bad.Text)) }}, file)
	if err != nil || text(s) != "198.18.0.1 198.18.0.3" {
		t.Errorf("Set = %v, %v, want the good lines", s, err)
	}
	if want := "[stdin:2 x stdin:3 198. stdin:4 yyyy stdin:5 2001 stdin:7 yyyy]"; fmt.Sprint(got) != want {
		t.Errorf("skipped %v, want %v", got, want)
	}
}

// TestLoaderDoesNotSkipFiles holds that a file that is no text is an error even so: what is left of it when its bad
// lines are skipped is not what anybody meant to block.
func TestLoaderDoesNotSkipFiles(t *testing.T) {
	skip := func(bad *ParseError) { t.Errorf("skipped %v", bad) }
	for _, file := range []string{"\x7fELF\n", "198.18.0.1\n\x00", strings.Repeat("\x00", 2*maxLine), "\xff\xfe1\x00", "PK\x03\x04"} {
		if _, err := setOf(Loader{Skip: skip}, file); !isNoText(err) {
			t.Errorf("Set(%.20q): %v, want an error", file, err)
		}
	}
}

// endless is a list that goes on, and says when it has been read from.
type endless struct{ read func() }

func (e endless) Read(p []byte) (int, error) {
	e.read()
	for i := range p {
		p[i] = "198.18.0.1:80\n"[i%14]
	}
	return len(p) / 14 * 14, nil
}

func TestLoaderStopsWhenTheContextEnds(t *testing.T) {
	loads := map[string]func(ctx context.Context, l *Loader) error{
		"Set": func(ctx context.Context, l *Loader) error {
			l.Skip = func(*ParseError) {}
			_, err := l.Set(ctx, "-")
			return err
		},
		"Pairs": func(ctx context.Context, l *Loader) error { _, err := l.Pairs(ctx, "-"); return err },
	}
	for name, load := range loads {
		ctx, cancel := context.WithCancel(context.Background())
		reads := 0
		l := Loader{Stdin: endless{func() {
			if reads++; reads == 10 {
				cancel()
			}
		}}}
		if err := load(ctx, &l); !errors.Is(err, context.Canceled) || reads > 10 {
			t.Errorf("%s: %v after %d reads, want context.Canceled after 10", name, err, reads)
		}
		cancel()
	}
}

// referenceSet is Loader.Set as it would be written without a thought of speed: the truth for FuzzLoaderSet. It knows no
// special files.
func referenceSet(file []byte) (*Set, bool) {
	var ranges []Range
	for line := range strings.SplitSeq(strings.TrimPrefix(string(file), "\ufeff"), "\n") {
		line = strings.TrimRight(line, "\r")
		if len(line) >= maxLine || strings.ContainsAny(line, "\r\x00") {
			return nil, false
		}
		line, _, _ = strings.Cut(line, "#")
		words := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(blanks, r) })
		if len(words) == 0 {
			continue
		}
		if isBlankRange([]byte(strings.Join(words[1:], " "))) {
			return nil, false
		}
		r, err := Parse(words[0])
		if err != nil {
			return nil, false
		}
		ranges = append(ranges, r)
	}
	return New(ranges...), true
}

// FuzzLoaderSet compares Set with the reference, and holds that what it refuses it refuses in one line, with a line
// number in the file.
func FuzzLoaderSet(f *testing.F) {
	f.Add([]byte("\ufeff# c\r\n198.18.0.0/15 # x\r\n\n198.18.0.1-198.18.0.9 y"))
	f.Add([]byte("198.18.0.1 - 198.18.0.9\n"))
	f.Add([]byte("198.18.0.1/8\n198.18.0.1/08\n1.2.3.4/032\n"))
	f.Add([]byte("198.18.0.1\n198.18.0.3\r\n0.0.0.0\n255.255.255.255/31\r\r\n"))
	f.Add([]byte("\xff\xfe\x00\r#\r\n"))
	f.Add([]byte("198.18.0.9-198.18.0.1\r\n01.2.3.4\n1.2.3.4\x00"))
	f.Fuzz(func(t *testing.T, file []byte) {
		if bytes.HasPrefix(file, []byte(gzipMagic)) || isNoText(sniff(file)) {
			t.Skip()
		}
		want, ok := referenceSet(file)
		got, err := (&Loader{Stdin: bytes.NewReader(file)}).Set(context.Background(), "-")
		if ok != (err == nil) || ok && text(got) != text(want) {
			t.Fatalf("Set(%q) = %v, %v, want %v, %v", file, got, err, want, ok)
		}
		if parseErr := (*ParseError)(nil); errors.As(err, &parseErr) {
			if parseErr.Line < 1 || parseErr.Line > bytes.Count(file, []byte("\n"))+1 {
				t.Errorf("line %d of a file with %d line ends", parseErr.Line, bytes.Count(file, []byte("\n")))
			}
			checkOneLine(t, err)
		}
	})
}
