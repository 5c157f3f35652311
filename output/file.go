package output

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// File says where rows go, and how they look there.
type File struct {
	Path        string // "-" is standard output
	Format      Format
	Compression Compression // of CSV and JSON; Parquet compresses inside
}

// FileFor reads the format off the end of a name, in upper or lower case: .csv; .json, .jsonl or .ndjson; .parquet. A
// further .gz or .zst has it compressed. Any other name, "-" included, means CSV. A caller whose user names a format
// puts it in place of the File's.
func FileFor(path string) File {
	f := File{Path: path}
	name := strings.ToLower(filepath.Base(path))
	switch ext := filepath.Ext(name); ext {
	case ".gz":
		f.Compression, name = Gzip, strings.TrimSuffix(name, ext)
	case ".zst":
		f.Compression, name = Zstd, strings.TrimSuffix(name, ext)
	}
	switch filepath.Ext(name) {
	case ".json", ".jsonl", ".ndjson":
		f.Format = JSON
	case ".parquet":
		f.Format = Parquet
	}
	return f
}

// CheckFiles returns what is wrong with a list of files before any is opened: there is none, one is named twice (by
// whatever path, devices such as /dev/null excepted), or Parquet is to be compressed from outside. OpenGroup calls it; a caller who wants to know earlier
// does so as well.
func CheckFiles(files []File) error {
	if len(files) == 0 {
		return errors.New("no output file")
	}
	owner := make(map[string]string) // absolute path to the name the user gave
	for i, f := range files {
		if f.Path == "" {
			return errors.New("create output file: empty file name")
		}
		if f.Format == Parquet && f.Compression != Uncompressed {
			return fmt.Errorf("output file %s: parquet compresses inside, %v around it makes it unreadable", f.Path, f.Compression)
		}
		if isDevice(f.Path) {
			continue
		}
		for _, path := range f.occupies() {
			if other, taken := owner[path]; taken {
				return sameFileError(other, f.Path)
			}
			owner[path] = f.Path
		}
		for _, other := range files[:i] {
			if isSameFile(other.Path, f.Path) {
				return sameFileError(other.Path, f.Path)
			}
		}
	}
	return nil
}

// isDevice finds /dev/null and terminals, which take whatever several writers have.
func isDevice(path string) bool {
	if path == "-" {
		return false
	}
	info, err := os.Stat(path)
	return err == nil && info.Mode()&fs.ModeCharDevice != 0
}

// occupies returns the names that f has on disk, now or later.
func (f File) occupies() []string {
	if f.Path == "-" {
		return []string{f.Path}
	}
	path, err := filepath.Abs(f.Path)
	if err != nil { // the working directory is gone; opening will say so
		path = filepath.Clean(f.Path)
	}
	if f.Format == Parquet {
		return []string{path, path + partialSuffix}
	}
	return []string{path}
}

// isSameFile finds hard and symbolic links to one file, and standard output that the shell has sent there. It takes
// devices for different: two outputs may both go to /dev/null by way of links.
func isSameFile(a, b string) bool {
	infoA, errA := stat(a)
	infoB, errB := stat(b)
	return errA == nil && errB == nil && infoA.Mode().IsRegular() && os.SameFile(infoA, infoB)
}

func stat(path string) (fs.FileInfo, error) {
	if path == "-" {
		return os.Stdout.Stat()
	}
	return os.Stat(path)
}

func sameFileError(a, b string) error {
	a, b = called(a), called(b)
	if a == b {
		return fmt.Errorf("output file given twice: %s", a)
	}
	return fmt.Errorf("output files %s and %s are the same", a, b)
}

// called is what errors call path.
func called(path string) string {
	if path == "-" {
		return stdoutName
	}
	return path
}
