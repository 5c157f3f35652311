package xsk

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// busyWait is how long Open keeps trying a queue that is busy. Closing a socket returns before the kernel has
// freed its queue, which happens in a work item after a grace period.
const busyWait = time.Second

// bindResult says how a bind ended.
type bindResult struct {
	flags       uint16 // that the kernel accepted
	zeroCopyErr error  // why zero-copy was refused; nil if it was not tried or was granted
}

// bindAs binds by try in the way mode asks for: zero-copy first unless copy is required, copy next unless
// zero-copy is. A busy queue is tried again for up to wait in all.
func bindAs(mode BindMode, wait time.Duration, try func(flags uint16) error) (bindResult, error) {
	deadline := time.Now().Add(wait)
	var res bindResult
	if mode != BindCopy {
		res.flags = unix.XDP_ZEROCOPY | unix.XDP_USE_NEED_WAKEUP
		err := retryBusy(deadline, func() error { return try(res.flags) })
		if err == nil {
			return res, nil
		}
		if mode == BindZeroCopy {
			return res, os.NewSyscallError("bind zero-copy", err)
		}
		res.zeroCopyErr = os.NewSyscallError("bind", err)
	}
	res.flags = unix.XDP_COPY | unix.XDP_USE_NEED_WAKEUP
	err := retryBusy(deadline, func() error { return try(res.flags) })
	return res, os.NewSyscallError("bind", err)
}

// retryBusy calls try until it returns something else than EBUSY or the deadline has passed, at growing intervals.
func retryBusy(deadline time.Time, try func() error) error {
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		err := try()
		if !errors.Is(err, unix.EBUSY) || time.Now().Add(pause).After(deadline) {
			return err
		}
		time.Sleep(pause)
	}
}
