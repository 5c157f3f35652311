package scan

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/bpf"
)

// TestAttachWhenGone waits for what a scan has left, for as long as it may, and for nobody else.
func TestAttachWhenGone(t *testing.T) {
	ours := &bpf.ForeignProgramError{Interface: "x0", ID: 7, Name: ourProgram}
	unnamed := &bpf.ForeignProgramError{Interface: "x0", ID: 7}
	theirs := &bpf.ForeignProgramError{Interface: "x0", ID: 8, Name: "somebody"}
	tests := []struct {
		name  string
		there error
		until time.Duration // it goes
		want  error
		after time.Duration // at least, and half as much again at most
	}{
		{"nothing there", nil, 0, nil, 0},
		{"a scan that was killed", ours, 300 * time.Millisecond, nil, 300 * time.Millisecond},
		{"one without a name", unnamed, 300 * time.Millisecond, nil, 300 * time.Millisecond},
		{"busy for a moment", fmt.Errorf("attach: %w", unix.EBUSY), 100 * time.Millisecond, nil, 100 * time.Millisecond},
		{"a scan that stays", ours, time.Hour, ours, 1900 * time.Millisecond},
		{"somebody's", theirs, time.Hour, theirs, 0},
		{"no privilege", unix.EPERM, time.Hour, unix.EPERM, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				a, err := attachWhenGone(goneWithin, func() (bpf.Attachment, error) {
					if tt.there != nil && time.Since(begun) < tt.until {
						return bpf.Attachment{}, tt.there
					}
					return bpf.Attachment{Mode: bpf.ModeNative}, nil
				})
				if !errors.Is(err, tt.want) || (err == nil) != (a.Mode == bpf.ModeNative) {
					t.Errorf("%+v, %v; want %v", a, err, tt.want)
				}
				if took := time.Since(begun); took < tt.after || took > tt.after*3/2 || took > goneWithin {
					t.Errorf("after %v, want %v", took, tt.after)
				}
			})
		})
	}
}
