package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestColumns asks a terminal twice, with its size changed in between, and what is no terminal.
func TestColumns(t *testing.T) {
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no pseudoterminals here:", err)
	}
	defer master.Close()
	must(t, unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0))
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	must(t, err)
	terminal, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	must(t, err)
	for _, width := range []uint16{80, 132, 0} {
		must(t, unix.IoctlSetWinsize(int(master.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: width}))
		if got := columns(terminal); got != int(width) {
			t.Errorf("a terminal of %d columns has %d", width, got)
		}
	}
	must(t, terminal.Close())
	file, err := os.Create(filepath.Join(t.TempDir(), "log"))
	must(t, err)
	defer file.Close()
	if a, b, c := columns(file), columns(new(bytes.Buffer)), columns(terminal); a+b+c != 0 {
		t.Errorf("a file has %d columns, a buffer %d, and a terminal that is closed %d", a, b, c)
	}
}
