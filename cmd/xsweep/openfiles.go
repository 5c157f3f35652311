package main

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/xsk"
)

// filesOfAScan is how many files a scan has open at the most, apart from its outputs and a socket for each queue: maps,
// programs and links of bpf(2), netlink sockets, what is read to load programs, and at the end the metadata. They are some
// thirty; what is on top is for those that come and go.
const filesOfAScan = 64

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
	want := uint64(len(open) + filesOfAScan + queues + outputs)
	if limit.Cur < want {
		return fmt.Errorf("a scan by %s, with %d queues, to %d files wants %d open files, and the limit is %d: %w", s.scan.Interface,
			queues, outputs, want, limit.Cur, unix.EMFILE)
	}
	return nil
}
