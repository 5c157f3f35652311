package output

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestCreateErrors(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, path string
		want       error
	}{
		{"a directory", dir, unix.EISDIR},
		{"missing parent directory", filepath.Join(dir, "results", "x.csv"), unix.ENOENT},
		{"parent is a file", filepath.Join(file, "x.csv"), unix.ENOTDIR},
		{"name too long", filepath.Join(dir, strings.Repeat("x", 300)), unix.ENAMETOOLONG},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := Create(tt.path)
			if err == nil {
				t.Fatalf("Create(%q) gives %v", tt.path, s)
			}
			if want := "create " + tt.path + ": " + tt.want.Error(); err.Error() != want || !errors.Is(err, tt.want) {
				t.Errorf("Create: %q, want %q", err, want)
			}
		})
	}
	if _, err := Create(""); err == nil || err.Error() != "create output file: empty file name" {
		t.Errorf("Create(\"\"): %v", err)
	}
}

func TestCreateWithoutPermission(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write everywhere")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(filepath.Join(dir, "x.csv")); !errors.Is(err, unix.EACCES) {
		t.Errorf("Create in a read-only directory: %v, want %v", err, unix.EACCES)
	}
}

func TestSinkReplacesAnOldFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.csv")
	if err := os.WriteFile(path, bytes.Repeat([]byte("old\n"), 100), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if s.Name() != path {
		t.Errorf("Name() = %q, want %q", s.Name(), path)
	}
	_, err = s.Write([]byte("new\n"))
	if err := errors.Join(err, s.Sync(), s.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Write([]byte("late\n")); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Write after Close: %v, want os.ErrClosed", err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "new\n" {
		t.Errorf("file holds %q, %v, want the new line only", got, err)
	}
}

func TestSinkUnwrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.csv")
	s, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	write := func(text string) {
		t.Helper()
		if _, err := s.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	write("one\ntwo\nthr")
	if err := s.Unwrite(3); err != nil {
		t.Fatal(err)
	}
	write("four\n") // goes where the part was
	if err := s.Unwrite(100); err == nil {
		t.Error("Unwrite of more than there is succeeds")
	}
	other, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := other.WriteString("somebody else's\n"); err != nil {
		t.Fatal(err)
	}
	if err := s.Unwrite(5); err == nil {
		t.Error("Unwrite takes back what somebody else appended")
	}
	const want = "one\ntwo\nfour\nsomebody else's\n"
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("file holds %q, %v, want %q", got, err, want)
	}
}

// limitFileSize lets no file of this process grow beyond n bytes until the test ends. It stands for a full disk:
// the kernel takes a part of a write and refuses the rest, here with EFBIG.
func limitFileSize(t *testing.T, n uint64) {
	t.Helper()
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	signal.Ignore(unix.SIGXFSZ)
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: n, Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &old); err != nil {
			t.Error(err)
		}
		signal.Reset(unix.SIGXFSZ)
	})
}

// TestFullDiskLeavesWholeRows fills a file to its limit, in the middle of a row.
func TestFullDiskLeavesWholeRows(t *testing.T) {
	const limit = 150_001
	for _, format := range []Format{CSV, JSON} {
		path := filepath.Join(t.TempDir(), "x."+format.String())
		s, err := Create(path)
		if err != nil {
			t.Fatal(err)
		}
		w, err := NewWriter(s, Config{Format: format, Fields: Fields()})
		if err != nil {
			t.Fatal(err)
		}
		t.Run(format.String(), func(t *testing.T) {
			limitFileSize(t, limit)
			for r := synackAllOptions(); err == nil; {
				err = w.Write(&r)
			}
		})
		if !errors.Is(err, unix.EFBIG) || !strings.HasPrefix(err.Error(), "write "+path+": file too large (") {
			t.Errorf("%v: Write: %v, want the path and %v", format, err, unix.EFBIG)
		}
		if err := s.Close(); err != nil {
			t.Errorf("%v: Close: %v", format, err)
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		lines := bytes.Count(got, []byte("\n"))
		rowSize := len(got) / lines
		if got[len(got)-1] != '\n' || uint64(lines) != w.Written() || len(got) > limit || len(got)+rowSize <= limit {
			t.Errorf("%v: %d bytes in %d lines are left, %d rows reported, want as many whole rows as fit %d bytes",
				format, len(got), lines, w.Written(), limit)
		}
	}
}

// TestMain makes the test binary a program that writes rows: to its standard output for TestBrokenStdout, to files for
// TestKillLeavesWholeRows.
func TestMain(m *testing.M) {
	if os.Getenv("OUTPUT_TEST_STDOUT") != "" {
		os.Exit(writeUntilBroken())
	}
	if list := os.Getenv(killedEnv); list != "" {
		os.Exit(writeUntilKilled(list))
	}
	os.Exit(m.Run())
}

// writeUntilBroken returns 7 once a write fails because nobody reads.
func writeUntilBroken() int {
	s, err := Create("-")
	if err != nil {
		return 1
	}
	w, err := NewWriter(s, Config{Fields: DefaultFields(1)})
	if err != nil {
		return 2
	}
	for r := synackBare(); err == nil; {
		err = w.Write(&r)
	}
	if !errors.Is(err, unix.EPIPE) || !strings.HasPrefix(err.Error(), "write standard output: broken pipe (whole rows") {
		return 3
	}
	return 7
}

// TestBrokenStdout closes the reading end of a program's standard output: that must be an error it can see, and not
// the end of the process.
func TestBrokenStdout(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), "OUTPUT_TEST_STDOUT=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	row := make([]byte, len("198.18.1.2\n"))
	if _, err := io.ReadFull(out, row); err != nil || string(row) != "198.18.1.2\n" {
		t.Errorf("first row is %q, %v", row, err)
	}
	out.Close()
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 7 {
		t.Errorf("program ended with %v, want exit status 7", err)
	}
}

// TestSinkOnAPipe has a reader that leaves, on a descriptor other than 1.
func TestSinkOnAPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	reader, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Write([]byte("row\n")); err != nil {
		t.Error(err)
	}
	if err := s.Unwrite(1); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Unwrite on a pipe: %v, want %v", err, errors.ErrUnsupported)
	}
	reader.Close()
	if _, err := s.Write([]byte("row\n")); !errors.Is(err, unix.EPIPE) {
		t.Errorf("Write without a reader: %v, want %v", err, unix.EPIPE)
	}
	if err := errors.Join(s.Sync(), s.Close()); err != nil {
		t.Errorf("end of a pipe: %v", err)
	}
}
