package main

import (
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
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return os.NewSyscallError("getrlimit", err)
	}
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return err
	}
	outputs := len(s.output.files)
	want := uint64(len(open) + preflight.FilesOfAScan + queues + outputs)
	if limit.Cur < want {
		return fmt.Errorf("a scan by %s, with %d queues, to %d files wants %d open files, and the limit is %d: %w", s.scan.Interface,
			queues, outputs, want, limit.Cur, unix.EMFILE)
	}
	return nil
}
