package main

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// columns is how many a terminal has now, and 0 for what is none, or does not tell. It asks each time: windows change.
func columns(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok {
		return 0
	}
	conn, err := f.SyscallConn()
	if err != nil {
		return 0
	}
	width := 0
	_ = conn.Control(func(fd uintptr) { // of a file that is closed: 0
		if size, err := unix.IoctlGetWinsize(int(fd), unix.TIOCGWINSZ); err == nil {
			width = int(size.Col)
		}
	})
	return width
}
