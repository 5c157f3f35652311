package privilege

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/sys/unix"
	libcap "kernel.org/pub/linux/libs/security/libcap/cap"
)

// Later is what a scan does after Drop and may need a capability for.
type Later struct {
	Written []string     // files that are made, or replaced by a rename; "" and "-" are none
	Read    []string     // files that are read
	Kernel  func() error // a try of what is done by bpf(2); nil for nothing
}

// Keep tries on a thread without capabilities what is to be done later, and lists those that it takes and that the process
// has. For a scan by root into directories of root's, on Linux 5.19 or newer, that is none.
func (l Later) Keep() []Need {
	var keep []Need
	add := func(c libcap.Value, reason string) {
		if isEffective(libcap.GetProc(), c) {
			keep = append(keep, Need{c, reason})
		}
	}
	if l.Kernel != nil && isRefusal(without(l.Kernel, libcap.BPF, libcap.SYS_ADMIN)) {
		add(libcap.BPF, "reading counters by bpf(2): Linux before 5.19")
	}
	if path := firstRefused(l.Written, canReplace); path != "" {
		add(libcap.DAC_OVERRIDE, "writing "+path+" in a directory of another user")
	}
	if path := firstRefused(l.Written, mayOverwrite); path != "" {
		add(libcap.FOWNER, "replacing "+path+" of another user")
	}
	if path := firstRefused(l.Read, canRead); path != "" {
		add(libcap.DAC_READ_SEARCH, "reading "+path+" of another user again")
	}
	return keep
}

// firstRefused is "" where the thread needs no capability to do it with any of paths.
func firstRefused(paths []string, do func(path string) error) string {
	for _, path := range paths {
		if path == "" || path == "-" {
			continue
		}
		try := func() error { return do(path) }
		if isRefusal(without(try, libcap.DAC_OVERRIDE, libcap.DAC_READ_SEARCH, libcap.FOWNER)) {
			return path
		}
	}
	return ""
}

func isRefusal(err error) bool { return errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM) }

// canReplace asks for what making, renaming and syncing take of a directory.
func canReplace(path string) error {
	if dir, file := place(path); file == "" {
		return unix.Faccessat(unix.AT_FDCWD, dir, unix.R_OK|unix.W_OK|unix.X_OK, unix.AT_EACCESS)
	}
	return unix.Faccessat(unix.AT_FDCWD, path, unix.W_OK, unix.AT_EACCESS)
}

// mayOverwrite minds the sticky bit, as /tmp has it: who owns neither the directory nor the file does not replace it.
func mayOverwrite(path string) error {
	var in, old unix.Stat_t
	dir, file := place(path)
	if file != "" || unix.Stat(dir, &in) != nil || in.Mode&unix.S_ISVTX == 0 || unix.Lstat(path, &old) != nil {
		return nil
	}
	if uid := uint32(os.Geteuid()); in.Uid != uid && old.Uid != uid {
		return unix.EPERM
	}
	return nil
}

func canRead(path string) error {
	return unix.Faccessat(unix.AT_FDCWD, path, unix.R_OK, unix.AT_EACCESS)
}

// place is the directory in which a file will be made or replaced. What is there and no regular file, such as a device or
// a pipe, is written to in place: then it is file.
func place(path string) (dir, file string) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return filepath.Dir(path), ""
	case info.IsDir():
		return path, ""
	case !info.Mode().IsRegular():
		return "", path
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	return filepath.Dir(path), ""
}

// without calls do on a thread that lacks capabilities for that time, and returns its error.
func without(do func() error, caps ...libcap.Value) error {
	failed := make(chan error)
	go func() {
		runtime.LockOSThread() // until the goroutine ends: with it goes the thread
		if err := lower(caps); err != nil {
			failed <- nil // then nothing is known, and nothing kept
			return
		}
		failed <- do()
	}()
	return <-failed
}

// lower takes capabilities out of the effective set of the calling thread, which has to be locked.
func lower(caps []libcap.Value) error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData // version 3 has 64 bits in two halves
	if err := unix.Capget(&header, &data[0]); err != nil {
		return err
	}
	for _, c := range caps {
		data[c/32].Effective &^= 1 << (c % 32)
	}
	return unix.Capset(&header, &data[0])
}
