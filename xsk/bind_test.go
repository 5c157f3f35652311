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
			d := demands{mode: tt.mode, needWakeup: true}
			flags, refused, err := bindAs(d, tt.wait, func(flags uint16) error {
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
			if !errors.Is(err, tt.wantErr) || err == nil && flags != tt.wantTries[len(tt.wantTries)-1] {
				t.Errorf("bindAs = %#x, %v, want the flags of the last try, %v", flags, err, tt.wantErr)
			}
			if tt.wantWhy != nil && (len(refused) == 0 || refused[0].Tried != "zero-copy" || !errors.Is(refused[0].Err, tt.wantWhy)) {
				t.Errorf("refused %v, want zero-copy first, because of %v", refused, tt.wantWhy)
			}
			if tt.wantWhy == nil && err == nil && len(refused) > 0 {
				t.Errorf("refused %v, want nothing", refused)
			}
		})
	}
}

func TestFlagSets(t *testing.T) {
	const zero, copied, wake, multi = unix.XDP_ZEROCOPY, unix.XDP_COPY, unix.XDP_USE_NEED_WAKEUP, unix.XDP_USE_SG
	tests := []struct {
		name string
		cfg  Config
		want []uint16
	}{
		{name: "defaults", want: []uint16{zero | wake, copied | wake}},
		{name: "no need_wakeup", cfg: Config{NeedWakeup: Avoid}, want: []uint16{zero, copied}},
		{name: "multi-buffer preferred", cfg: Config{MultiBuffer: Prefer},
			want: []uint16{zero | wake | multi, zero | wake, copied | wake | multi, copied | wake}},
		{name: "multi-buffer required", cfg: Config{MultiBuffer: Require, NeedWakeup: Require},
			want: []uint16{zero | wake | multi, copied | wake | multi}},
		{name: "zero-copy required", cfg: Config{Bind: BindZeroCopy, MultiBuffer: Prefer},
			want: []uint16{zero | wake | multi, zero | wake}},
		{name: "copy", cfg: Config{Bind: BindCopy, NeedWakeup: Avoid, MultiBuffer: Require}, want: []uint16{copied | multi}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.cfg.demands().flagSets(); !slices.Equal(got, tt.want) {
				t.Errorf("flagSets = %#x, want %#x", got, tt.want)
			}
		})
	}
}

func TestZeroCopyMTU(t *testing.T) {
	for frame, want := range map[uint32]int{2048: 1766, 4096: 3814} {
		if got := zeroCopyMTU(frame); got != want {
			t.Errorf("zeroCopyMTU(%d) = %d, want %d", frame, got, want)
		}
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
