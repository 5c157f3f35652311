package xsk

import (
	"fmt"
	"math"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// BusyPoll asks for busy polling (Linux 5.11): the driver's work is done inside the system calls that send and that wait,
// on the caller's processor, instead of in interrupts. It pays where one processor does both, in zero-copy mode; it wants
// HostTuning too, or interrupts go on beside it.
//
// A receiver must call RxQueue.Wait then, and a sender Kick, even when the rings would do without.
type BusyPoll struct {
	Want   Preference    // default Avoid; needs CAP_NET_ADMIN
	Period time.Duration // how long a call may poll, whole microseconds (default 20 µs)
	Budget int           // frames that a call handles at most, from 1 to 65535 (default 64)
}

// Defaults of BusyPoll.
const (
	defaultBusyPeriod = 20 * time.Microsecond
	defaultBusyBudget = 64
)

// check validates b.
func (b BusyPoll) check() error {
	switch {
	case b.Want > Require:
		return fmt.Errorf("unknown preference %d of busy polling", uint8(b.Want))
	case b.Period < 0 || b.Period > time.Second:
		return fmt.Errorf("busy polling for %v: want up to a second", b.Period)
	case b.Budget < 0 || b.Budget > math.MaxUint16:
		return fmt.Errorf("busy polling of %d frames a call: want up to %d", b.Budget, math.MaxUint16)
	}
	return nil
}

// busyPoll turns busy polling on for s. The errors of the three options: EPERM without CAP_NET_ADMIN, ENOPROTOOPT on a
// kernel that has none.
func (s *socket) busyPoll(b BusyPoll) error {
	if b.Period == 0 {
		b.Period = defaultBusyPeriod
	}
	if b.Budget == 0 {
		b.Budget = defaultBusyBudget
	}
	for _, o := range []struct{ option, value int }{
		{unix.SO_PREFER_BUSY_POLL, 1},
		{unix.SO_BUSY_POLL, max(int(b.Period/time.Microsecond), 1)},
		{unix.SO_BUSY_POLL_BUDGET, b.Budget},
	} {
		if err := unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, o.option, o.value); err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
	}
	return nil
}
