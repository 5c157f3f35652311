package main

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/internal/preflight"
	"github.com/xsweep/xsweep/xsk"
)

// checkOpenFiles finds out before anything is opened whether the limit leaves room for all of it. Some errors of what fails
// for want of a file would say something else, or come when the scan has run. The error wraps EMFILE.
func checkOpenFiles(s *settings) error {
	queues, err := xsk.NumQueues(s.scan.Interface)
	if err != nil {
		return err
	}
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return err
	}
	outputs := len(s.output.files)
	want := uint64(len(open) + preflight.FilesOfAScan + queues + outputs)
	if limit := fileLimit(); limit < want {
		return fmt.Errorf("a scan by %s, with %d queues, to %d files wants %d open files, and the limit is %d: %w", s.scan.Interface,
			queues, outputs, want, limit, unix.EMFILE)
	}
	return nil
}

// fileLimit is how many files this process may have open.
func fileLimit() uint64 {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 0 // as good as none: there is no reason for this to fail
	}
	return limit.Cur
}

// withFileLimit has an error of too many open files name the limit, where no hint follows.
func withFileLimit(err error) error {
	if !errors.Is(err, unix.EMFILE) {
		return err
	}
	return fmt.Errorf("%w (ulimit -n: %d)", err, fileLimit())
}
