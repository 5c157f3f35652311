// Package dirsync makes names in a directory outlive a crash of the machine: what comes after a rename.
package dirsync

import (
	"errors"
	"os"
)

// Sync returns once the names in the directory at path are on disk. A file system that cannot do that is no error.
func Sync(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	defer dir.Close()
	return SyncOpen(dir)
}

// SyncOpen is Sync of a directory that is open.
func SyncOpen(dir *os.File) error {
	if err := dir.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}
