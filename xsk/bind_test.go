package xsk

import (
	"errors"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const (
	zeroCopyFlags = unix.XDP_ZEROCOPY | unix.XDP_USE_NEED_WAKEUP
	copyFlags     = unix.XDP_COPY | unix.XDP_USE_NEED_WAKEUP
)

func TestBindAs(t *testing.T) {
	tests := []struct {
		name      string
		mode      BindMode
		zeroCopy  []error // what each zero-copy attempt returns; the last again and again
		copy      []error
		wantTries []uint16
		wantErr   error
		wantWhy   error // why not zero-copy
		wait      time.Duration
	}{
		{name: "auto, granted", mode: BindAuto, zeroCopy: []error{nil}, wantTries: []uint16{zeroCopyFlags}},
		{name: "auto, copy after all", mode: BindAuto, zeroCopy: []error{unix.EOPNOTSUPP}, copy: []error{nil},
			wantTries: []uint16{zeroCopyFlags, copyFlags}, wantWhy: unix.EOPNOTSUPP},
		{name: "auto, neither", mode: BindAuto, zeroCopy: []error{unix.EOPNOTSUPP}, copy: []error{unix.ENODEV},
			wantTries: []uint16{zeroCopyFlags, copyFlags}, wantErr: unix.ENODEV, wantWhy: unix.EOPNOTSUPP},
		{name: "required, granted", mode: BindZeroCopy, zeroCopy: []error{nil}, wantTries: []uint16{zeroCopyFlags}},
		{name: "required, refused", mode: BindZeroCopy, zeroCopy: []error{unix.EOPNOTSUPP},
			wantTries: []uint16{zeroCopyFlags}, wantErr: unix.EOPNOTSUPP},
		{name: "copy", mode: BindCopy, copy: []error{nil}, wantTries: []uint16{copyFlags}},
		{name: "busy for a while", mode: BindCopy, copy: []error{unix.EBUSY, unix.EBUSY, nil}, wait: time.Minute,
			wantTries: []uint16{copyFlags, copyFlags, copyFlags}},
		{name: "busy for a while, then refused", mode: BindAuto, zeroCopy: []error{unix.EBUSY, unix.EOPNOTSUPP},
			copy: []error{nil}, wait: time.Minute, wantTries: []uint16{zeroCopyFlags, zeroCopyFlags, copyFlags},
			wantWhy: unix.EOPNOTSUPP},
		{name: "busy with no time to wait", mode: BindCopy, copy: []error{unix.EBUSY}, wantTries: []uint16{copyFlags},
			wantErr: unix.EBUSY},
		{name: "both busy share the time to wait", mode: BindAuto, zeroCopy: []error{unix.EBUSY}, copy: []error{unix.EBUSY},
			wantTries: []uint16{zeroCopyFlags, copyFlags}, wantErr: unix.EBUSY, wantWhy: unix.EBUSY},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var tries []uint16
			answers := map[uint16][]error{zeroCopyFlags: tt.zeroCopy, copyFlags: tt.copy}
			res, err := bindAs(tt.mode, tt.wait, func(flags uint16) error {
				tries = append(tries, flags)
				a := answers[flags]
				if len(a) > 1 {
					answers[flags] = a[1:]
				}
				return a[0]
			})
			if !slices.Equal(tries, tt.wantTries) {
				t.Errorf("tried flags %#x, want %#x", tries, tt.wantTries)
			}
			if !errors.Is(err, tt.wantErr) || !errors.Is(res.zeroCopyErr, tt.wantWhy) {
				t.Errorf("bindAs = %v, not zero-copy because %v, want %v, %v", err, res.zeroCopyErr, tt.wantErr, tt.wantWhy)
			}
		})
	}
}

// TestRetryBusyEnds holds that waiting for a busy queue ends.
func TestRetryBusyEnds(t *testing.T) {
	calls := 0
	err := retryBusy(time.Now().Add(20*time.Millisecond), func() error { calls++; return unix.EBUSY })
	if !errors.Is(err, unix.EBUSY) || calls < 2 || calls > 6 {
		t.Errorf("retryBusy for 20 ms = %v after %d calls, want EBUSY after 2 to 6, at growing intervals", err, calls)
	}
}
