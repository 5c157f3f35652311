package output

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/internal/dirsync"
)

// A MetadataPlace is where metadata will be written, opened in time: a process that has no file descriptors left at its
// end can still write them.
type MetadataPlace struct {
	path string
	name string   // that a rename to path has to use
	file *Sink    // without a name yet, so that nothing is left of it if the process is killed; nil for none
	dir  *os.File // that it is in
}

// KeepPlace opens the place for metadata at path. Where nothing can be opened in advance, as for a pipe, or on a file
// system that has no files without a name, Write opens it then: CheckPath finds errors.
func KeepPlace(path string) *MetadataPlace {
	p := &MetadataPlace{path: path}
	name, err := replaceable(path)
	if err != nil || name == "" {
		return p
	}
	dir, err := os.Open(filepath.Dir(name))
	if err != nil {
		return p
	}
	fd, err := unix.Open(filepath.Dir(name), unix.O_TMPFILE|unix.O_WRONLY|unix.O_CLOEXEC, 0o666)
	if err != nil {
		_ = dir.Close() // it was only looked at
		return p
	}
	p.name, p.dir = name, dir
	p.file = &Sink{f: os.NewFile(uintptr(fd), name+partialSuffix), regular: true}
	return p
}

// Write is Metadata.Write to the place. It comes once, before Close.
func (p *MetadataPlace) Write(m *Metadata) error {
	if p.file == nil {
		return m.Write(p.path)
	}
	line, err := m.line()
	if err != nil {
		return fmt.Errorf("write metadata: %w", err)
	}
	if err := p.file.writeWhole(line); err != nil {
		return err
	}
	if err := p.file.Sync(); err != nil {
		return err
	}
	if p.link() != nil { // no /proc, or the directory is another one now
		return m.Write(p.path)
	}
	if err := os.Rename(p.file.Name(), p.name); err != nil {
		_ = os.Remove(p.file.Name()) // it is no use to anybody
		return err
	}
	return dirsync.SyncOpen(p.dir)
}

// link gives the file a name, in the place of what is left of another.
func (p *MetadataPlace) link() error {
	link := func() error {
		return unix.Linkat(unix.AT_FDCWD, fmt.Sprintf("/proc/self/fd/%d", p.file.f.Fd()), unix.AT_FDCWD, p.file.Name(), unix.AT_SYMLINK_FOLLOW)
	}
	err := link()
	if errors.Is(err, fs.ErrExist) {
		if err = unix.Unlink(p.file.Name()); err == nil {
			err = link()
		}
	}
	return err
}

// Close gives the place up.
func (p *MetadataPlace) Close() {
	if p.file != nil {
		_ = p.file.f.Close() // what was written was synced
		_ = p.dir.Close()
	}
}
