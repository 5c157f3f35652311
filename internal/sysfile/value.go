package sysfile

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

// Text reads a file, without blanks at its ends.
func Text(root fs.FS, name string) (string, error) {
	b, err := fs.ReadFile(root, name)
	return strings.TrimSpace(string(b)), err
}

// Number reads a file that holds one number. What holds something else, as a limit that is "max", is an error.
func Number(root fs.FS, name string) (int64, error) {
	text, err := Text(root, name)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("/%s: %q is no number", name, text)
	}
	return n, nil
}
