package output

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestInterrupt has a writer wait for ever for the reader of a pipe, named or not. Interrupt ends that, and Close does not
// wait, either. What the reader finds is the beginning of what was written.
func TestInterrupt(t *testing.T) {
	tests := []struct {
		name string
		open func(*testing.T) (path string, r *os.File)
	}{
		{"standard output", func(t *testing.T) (string, *os.File) {
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			before := os.Stdout
			os.Stdout = w
			t.Cleanup(func() { os.Stdout = before; w.Close(); r.Close() })
			return "-", r
		}},
		{"named pipe", func(t *testing.T) (string, *os.File) {
			path := filepath.Join(t.TempDir(), "pipe")
			if err := unix.Mkfifo(path, 0o600); err != nil {
				t.Fatal(err)
			}
			r, err := os.OpenFile(path, os.O_RDWR, 0) // which waits for no one
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { r.Close() })
			return path, r
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path, r := tt.open(t)
			g, err := OpenGroup([]File{{Path: path}, in(t.TempDir(), "side.csv")}, Config{Fields: mustParse(t, "saddr")})
			if err != nil {
				t.Fatal(err)
			}
			blocked := make(chan struct{})
			go func() {
				if _, err := io.ReadFull(r, make([]byte, 1)); err == nil { // the first write has begun
					close(blocked)
				}
			}()
			go func() {
				<-blocked
				g.Interrupt()
				g.Interrupt()
			}()
			rec := rst()
			for err == nil {
				err = g.Write(&rec)
			}
			if !errors.Is(err, errInterrupted) || !strings.Contains(err.Error(), "interrupted while its reader took nothing (whole rows written: ") {
				t.Errorf("Write: %v, want %v", err, errInterrupted)
			}
			if again := g.Flush(); !errors.Is(again, err) {
				t.Errorf("Flush: %v, want what Write returned", again)
			}
			if err := g.Close(); !errors.Is(err, errInterrupted) {
				t.Errorf("Close: %v, want %v", err, errInterrupted)
			}
			some := make([]byte, 2000)
			if _, err := io.ReadFull(r, some); err != nil || !bytes.HasPrefix(some, []byte("98.19.255.254\n198.19.255.254\n")) {
				t.Errorf("the reader finds %.40q, %v", some, err)
			}
		})
	}
}

// TestInterruptHurtsNoReader: with somebody who reads, what comes within the grace is written as ever.
func TestInterruptHurtsNoReader(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	read := make(chan int)
	go func() {
		data, _ := os.ReadFile(path)
		read <- bytes.Count(data, []byte("\n"))
	}()
	g, err := OpenGroup([]File{{Path: path}}, Config{Fields: mustParse(t, "saddr")})
	if err != nil {
		t.Fatal(err)
	}
	g.files[0].sink.stream.grace = time.Hour
	g.Interrupt()
	r := rst()
	for range 10_000 {
		if err := g.Write(&r); err != nil {
			t.Fatal(err)
		}
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if n := <-read; n != 10_000 {
		t.Errorf("%d rows came, want 10000", n)
	}
}
