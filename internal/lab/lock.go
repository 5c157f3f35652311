package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// lockPoll is how often a waiting process looks whether the lock is free.
const lockPoll = 20 * time.Millisecond

// acquireLock waits for the lock that serialises labs and returns what releases it. The kernel releases it too, when
// the process dies. The file stays: removing it would let a waiter and a newcomer lock two different files.
func acquireLock(ctx context.Context) (*os.File, error) {
	// By user, because a sticky directory may forbid opening another user's file.
	path := filepath.Join(os.TempDir(), fmt.Sprintf("xsweep-lab-%d.lock", os.Getuid()))
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		switch {
		case err == nil:
			return f, nil
		case !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR):
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", path, os.NewSyscallError("flock", err))
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, fmt.Errorf("wait for %s: %w", path, context.Cause(ctx))
		case <-time.After(lockPoll):
		}
	}
}
