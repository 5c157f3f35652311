package xsk

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// busyWait is how long Open keeps trying a queue that is busy. Closing a socket returns before the kernel has
// freed its queue, which happens in a work item after a grace period.
const busyWait = time.Second

// Attempt is something that Open tried and the kernel refused.
type Attempt struct {
	Tried string // such as "zero-copy" or "busy polling"
	Err   error  // wraps the errno
}

// String returns one line.
func (a Attempt) String() string { return fmt.Sprintf("%s: %v", a.Tried, a.Err) }

// demands is what is asked of a bind.
type demands struct {
	mode        BindMode
	needWakeup  bool
	multiBuffer Preference
}

// demands returns what c asks of a bind.
func (c Config) demands() demands {
	return demands{c.Bind, c.NeedWakeup.or(Prefer).wanted(), c.MultiBuffer}
}

// flagSets returns the flags to try, the best first: zero-copy rather than copy mode, then multi-buffer rather than none.
func (d demands) flagSets() []uint16 {
	var modes []uint16
	if d.mode != BindCopy {
		modes = append(modes, unix.XDP_ZEROCOPY)
	}
	if d.mode != BindZeroCopy {
		modes = append(modes, unix.XDP_COPY)
	}
	var sets []uint16
	for _, flags := range modes {
		if d.needWakeup {
			flags |= unix.XDP_USE_NEED_WAKEUP
		}
		if d.multiBuffer.wanted() {
			sets = append(sets, flags|unix.XDP_USE_SG)
		}
		if d.multiBuffer != Require {
			sets = append(sets, flags)
		}
	}
	return sets
}

// bindAs binds by try with one set of flags after the other until the kernel takes one, and returns that, and what it
// refused before. The error is of the last attempt. A busy queue is tried again for up to wait in all.
func bindAs(d demands, wait time.Duration, try func(flags uint16) error) (flags uint16, refused []Attempt, err error) {
	deadline := time.Now().Add(wait)
	for _, flags = range d.flagSets() {
		err = retryBusy(deadline, func() error { return try(flags) })
		if err == nil {
			return flags, refused, nil
		}
		err = os.NewSyscallError("bind", err)
		refused = append(refused, Attempt{flagsText(flags), err})
	}
	return 0, refused, err
}

// flagsText says what bind flags ask for.
func flagsText(flags uint16) string {
	text := "copy mode"
	if flags&unix.XDP_ZEROCOPY != 0 {
		text = "zero-copy"
	}
	if flags&unix.XDP_USE_SG != 0 {
		text += " with multi-buffer"
	}
	return text
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

// explainBind adds to the error of a bind what the interface can do, where that tells why it failed.
func (c Config) explainBind(err error) error {
	what := ""
	if c.Bind == BindZeroCopy {
		what = "zero-copy required: "
	}
	f, ferr := DeviceFeatures(c.Ifindex)
	switch {
	case errors.Is(err, unix.EOPNOTSUPP) && ferr == nil:
		return fmt.Errorf("%s%w (%v)", what, err, f)
	case errors.Is(err, unix.EINVAL):
		name, nerr := interfaceName(c.Ifindex)
		if nerr != nil {
			break
		}
		if ch, cerr := driverChannels(name); cerr == nil && int(c.Queue) >= max(ch.rx, ch.tx) {
			return fmt.Errorf("%s%w (%d receive and %d transmit queues in use)", what, err, ch.rx, ch.tx)
		}
		if mtu, merr := interfaceMTU(name); merr == nil && c.Bind == BindZeroCopy && mtu > zeroCopyMTU(c.FrameSize) {
			return fmt.Errorf("%s%w (frames of %d bytes take an MTU of at most %d, not %d)", what, err, c.FrameSize,
				zeroCopyMTU(c.FrameSize), mtu)
		}
	}
	if what != "" {
		return fmt.Errorf("%s%w", what, err)
	}
	return err
}

// zeroCopyMTU returns the largest MTU that zero-copy mode takes with frames of a size: 256 bytes of a frame are the
// kernel's, and 26 go to the Ethernet header, two VLAN tags and the checksum (xp_assign_dev).
func zeroCopyMTU(frameSize uint32) int {
	return int((frameSize-unix.XDP_PACKET_HEADROOM)&^127) - 26
}
