package scan

import (
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/bpf"
)

func TestDeviceCheck(t *testing.T) {
	const ours, theirs = 7, 8
	tests := []struct {
		name string
		now  bpf.Device
		err  error
		lost error  // why no answer can come
		down string // part of why nothing can be sent
	}{
		{"as it should be", bpf.Device{Up: true, Carrier: true, Program: ours}, nil, nil, ""},
		{"down", bpf.Device{Program: ours}, nil, nil, "interface eth9 is down"},
		{"nobody at the far end", bpf.Device{Up: true, Program: ours}, nil, nil, "interface eth9 has no carrier"},
		{"gone", bpf.Device{}, bpf.ErrGone, ErrGone, ""},
		{"no program", bpf.Device{Up: true, Carrier: true}, nil, ErrDetached, ""},
		{"no program, and down", bpf.Device{}, nil, ErrDetached, ""},
		{"another program", bpf.Device{Up: true, Carrier: true, Program: theirs}, nil, ErrDetached, ""},
		{"one in each mode, and it does not tell which", bpf.Device{Up: true, Carrier: true, Programs: true}, nil, nil, ""},
		{"no answer to the question", bpf.Device{}, unix.ENOBUFS, nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := device{name: "eth9", program: ours, look: func() (bpf.Device, error) { return tt.now, tt.err }}
			err := d.check()
			if !errors.Is(err, tt.lost) || tt.lost == nil && err != nil || err != nil && !strings.HasPrefix(err.Error(), "eth9: ") {
				t.Errorf("check() = %v, want %v", err, tt.lost)
			}
			down := d.cannotSend()
			if (down != nil) != (tt.down != "") || down != nil && (!errors.Is(down, unix.ENETDOWN) || !strings.Contains(down.Error(), tt.down)) {
				t.Errorf("cannotSend() = %v, want %q", down, tt.down)
			}
		})
	}
}

// TestDeviceComesBack holds sending back for as long as the device is down, and not longer.
func TestDeviceComesBack(t *testing.T) {
	now := bpf.Device{Up: true, Program: 7}
	d := device{name: "eth9", program: 7, look: func() (bpf.Device, error) { return now, nil }}
	for _, carrier := range []bool{false, false, true, false, true} {
		now.Carrier = carrier
		if err := d.check(); err != nil || (d.cannotSend() == nil) != carrier {
			t.Errorf("carrier %v: check() = %v, cannotSend() = %v", carrier, err, d.cannotSend())
		}
	}
}

// TestDeviceExplains puts what is behind an errno in its place, if there is something.
func TestDeviceExplains(t *testing.T) {
	d := device{name: "eth9", look: func() (bpf.Device, error) { return bpf.Device{}, bpf.ErrGone }}
	for _, errno := range []unix.Errno{unix.ENXIO, unix.ENODEV} {
		if err := d.explain(errno); !errors.Is(err, ErrGone) {
			t.Errorf("explain(%v) = %v, want ErrGone", errno, err)
		}
	}
	if err := d.explain(unix.EINVAL); !errors.Is(err, unix.EINVAL) {
		t.Errorf("explain(EINVAL) = %v", err)
	}
}

// TestDeviceSuspected looks at once when something odd calls for it, and not again right after.
func TestDeviceSuspected(t *testing.T) {
	looks := 0
	d := device{name: "eth9", program: 7, look: func() (bpf.Device, error) { looks++; return bpf.Device{Up: true, Program: 7}, nil }}
	start := time.Now()
	for range 3 {
		d.suspect()
	}
	if looks != 1 && time.Since(start) < lookAtOnce || d.cannotSend() == nil {
		t.Errorf("%d looks, and the device without a carrier can send: %v", looks, d.cannotSend())
	}
	d.checked = d.checked.Add(-lookAtOnce)
	was := looks
	if d.suspect(); looks != was+1 {
		t.Errorf("%d looks later on, want one", looks-was)
	}
	(&device{}).suspect() // which cannot be looked at
}
