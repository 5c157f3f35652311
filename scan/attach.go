package scan

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/bpf"
)

// goneWithin is how long the kernel may take to clear up behind a scan that was killed: its program stays on the interface
// for some milliseconds after its process has ended. A queue that is still held is xsk.Open's to wait for.
const goneWithin = 2 * time.Second

// ourProgram is the name of the program that a scan attaches.
const ourProgram = "steer"

// attachWhenGone attaches by attach, again and again for up to wait as long as what stands in the way may be left over
// from a scan. A program that has another name is somebody's who means to keep it.
func attachWhenGone(wait time.Duration, attach func() (bpf.Attachment, error)) (bpf.Attachment, error) {
	deadline := time.Now().Add(wait)
	for pause := 2 * time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		a, err := attach()
		if err == nil || !mayGo(err) || time.Now().Add(pause).After(deadline) {
			return a, err
		}
		time.Sleep(pause)
	}
}

// mayGo tells whether the place is taken by a scan, or by a program that is on its way out. The kernel names programs to
// those who have CAP_SYS_ADMIN alone.
func mayGo(err error) bool {
	if there, ok := errors.AsType[*bpf.ForeignProgramError](err); ok {
		return there.Name == ourProgram || there.Name == ""
	}
	return errors.Is(err, unix.EBUSY) || errors.Is(err, unix.EEXIST)
}
