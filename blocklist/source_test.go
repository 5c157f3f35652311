package blocklist

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// gzipOf returns a gzip file with a member for each text.
func gzipOf(t *testing.T, texts ...string) string {
	t.Helper()
	var file bytes.Buffer
	for _, text := range texts {
		w := gzip.NewWriter(&file)
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return file.String()
}

func TestLoaderReadsGzip(t *testing.T) {
	dir := t.TempDir()
	long := strings.Repeat("198.18.0.1\n", 100_000) + "198.18.0.3\n"
	tests := []struct {
		name  string
		texts []string
		want  string
	}{
		{"one member", []string{"\ufeff198.18.0.1\r\n198.18.0.3"}, "198.18.0.1 198.18.0.3"},
		{"several members, one line across two", []string{"198.18.0.1\n198.18.", "0.3\n", ""}, "198.18.0.1 198.18.0.3"},
		{"longer than any buffer", []string{long}, "198.18.0.1 198.18.0.3"},
		{"nothing inside", []string{""}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := gzipOf(t, tt.texts...)
			path := filepath.Join(dir, "list.txt") // the name says nothing
			writeFile(t, path, file)
			if got, err := new(Loader).Set(context.Background(), path); err != nil || text(got) != tt.want {
				t.Errorf("Set = %v, %v, want %v", got, err, tt.want)
			}
			if got, err := setOf(Loader{}, file); err != nil || text(got) != tt.want {
				t.Errorf("Set of stdin = %v, %v, want %v", got, err, tt.want)
			}
		})
	}
}

func TestLoaderRefusesBadGzip(t *testing.T) {
	whole := gzipOf(t, strings.Repeat("198.18.0.1 # with some text to compress\n", 50)+"198.18.0.3\n")
	flipped := []byte(whole)
	flipped[len(flipped)-6] ^= 1 // the checksum
	garbled := []byte(whole)
	copy(garbled[10:], "\xff\xff\xff\xff") // the first block
	tests := []struct {
		name string
		file string
		want string
	}{
		{"magic and nothing else", gzipMagic, "read stdin: gzip file is cut short: unexpected EOF"},
		{"header and nothing else", whole[:10], "read stdin: gzip file is cut short: unexpected EOF"},
		{"cut in the middle", whole[:len(whole)/2], "read stdin: gzip file is cut short: unexpected EOF"},
		{"last byte missing", whole[:len(whole)-1], "read stdin: gzip file is cut short: unexpected EOF"},
		{"wrong checksum", string(flipped), "read stdin: gzip file is damaged: gzip: invalid checksum"},
		{"bad block", string(garbled), "read stdin: gzip file is damaged: flate: corrupt input"},
		{"something behind it", whole + "198.18.0.5\n", "read stdin: gzip file is damaged: gzip: invalid header"},
		{"no such method", gzipMagic + "\x00\x00\x00\x00\x00\x00\x00\x00", "read stdin: gzip file is damaged: gzip: invalid header"},
		{"packed twice", gzipOf(t, whole), `stdin:1: "\x1f\x8b\b\x00\x00\x00\x00\x00": gzip inside gzip compression is not supported`},
		{"binary file inside", gzipOf(t, "\x7fELF\x02"), `stdin:1: "\x7fELF\x02": this looks like a binary file`},
		{"bad line inside", gzipOf(t, "198.18.0.1\n?\n"), `stdin:2: "?": want an IPv4 address`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			skip := func(*ParseError) { t.Error("skipped the file") }
			if strings.Contains(tt.want, "stdin:2") {
				skip = nil
			}
			got, err := setOf(Loader{Skip: skip}, tt.file)
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Fatalf("Set = %v, %v, want an error that begins %s", got, err, tt.want)
			}
			checkOneLine(t, err)
		})
	}
}

// TestLoaderNamesWhatItCannotOpen goes through both lists, since they are opened alike.
func TestLoaderNamesWhatItCannotOpen(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "none")
	l := new(Loader)
	for _, load := range []func(path string) error{
		func(path string) error { _, err := l.Set(context.Background(), path); return err },
		func(path string) error { _, err := l.Pairs(context.Background(), path); return err },
	} {
		if err := load(missing); !errors.Is(err, fs.ErrNotExist) || err.Error() != fmt.Sprintf("open %s: no such file or directory", missing) {
			t.Errorf("no file: %v", err)
		}
		if err := load(dir); err == nil || err.Error() != fmt.Sprintf("read %s: is a directory", dir) {
			t.Errorf("directory: %v", err)
		}
	}
}
