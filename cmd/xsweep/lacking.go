package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
	libcap "kernel.org/pub/linux/libs/security/libcap/cap"

	"github.com/xsweep/xsweep/internal/privilege"
)

// errFiltered is about a process that has the capabilities and was refused nevertheless.
var errFiltered = errors.New("though no capability is missing")

// A privilegeError is what the kernel refuses to a process without the capabilities for it.
type privilegeError struct {
	err     error
	missing []privilege.Need // at least one
}

func (e *privilegeError) Error() string {
	are := "are"
	if len(e.missing) == 1 {
		are = "is"
	}
	return fmt.Sprintf("%s: %s %s missing", withoutAdvice(e.err), privilege.Names(e.missing), are)
}

// withoutAdvice leaves out what package ebpf tells programmers to try: here it is known what is missing.
func withoutAdvice(err error) string {
	return strings.ReplaceAll(err.Error(), " (MEMLOCK may be too low, consider rlimit.RemoveMemlock)", "")
}

func (e *privilegeError) Unwrap() error { return e.err }

func (e *privilegeError) hint() string {
	path, err := os.Executable()
	if err != nil {
		path = "xsweep"
	}
	text := "run it as root, or once: " + privilege.Setcap(path, privilege.ToOpen())
	if e.missing[0].Cap == libcap.IPC_LOCK {
		text = "raise the limit of locked memory (ulimit -l), " + text
	}
	return text
}

// lacking adds to an error of opening a scan which capabilities are missing, if that is what it is about.
func lacking(err error) error {
	refused := errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES)
	tooMuch := errors.Is(err, unix.ENOBUFS) // memory to lock
	e := &privilegeError{err: err}
	for _, n := range privilege.Missing(privilege.ToOpen()) {
		if isLock := n.Cap == libcap.IPC_LOCK; isLock && tooMuch || !isLock && refused {
			e.missing = append(e.missing, n)
		}
	}
	switch {
	case len(e.missing) > 0:
		return e
	case refused:
		return fmt.Errorf("%w, %w", err, errFiltered)
	}
	return err
}
