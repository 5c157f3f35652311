package scan

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/bpf"
)

// These end a scan to which no answer can come any more. Run wraps them.
var (
	ErrGone     = errors.New("the interface has gone")
	ErrDetached = errors.New("the XDP program of this scan was taken off the interface by someone else")
)

// A device is the interface of a scan as it stands while the scan runs. It can be down, or have nobody at its far end:
// then engines hold back what they would send, because many drivers would drop it without a word. It can go, or be left
// without our program, by which answers come: that ends the scan, in the cool-down as well, since answers may have been
// on their way. A program of somebody else's is not fought.
//
// The zero device can send.
type device struct {
	name    string
	program uint32 // id of ours
	look    func() (bpf.Device, error)
	lost    chan error // why no answer can come any more

	down    atomic.Pointer[error] // why nothing can be sent at present, or nil
	mu      sync.Mutex
	checked time.Time
}

const (
	lookEvery  = 100 * time.Millisecond // a look costs some 20 µs
	lookAtOnce = 10 * time.Millisecond  // between those that something odd calls for
)

// watch looks again and again until stop is closed, or no answer can come any more.
func (d *device) watch(stop <-chan struct{}) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		if err := d.check(); err != nil {
			d.lost <- err
			return
		}
	}
}

// check looks at the device. The error says why no answer can come any more.
func (d *device) check() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.checked = time.Now()
	now, err := d.look()
	switch {
	case errors.Is(err, bpf.ErrGone):
		return fmt.Errorf("%s: %w: %w", d.name, ErrGone, err)
	case err != nil:
		return nil // that it did not tell is no reason to end a scan
	case !now.Programs && now.Program == 0:
		return fmt.Errorf("%s: %w: no answer can come any more", d.name, ErrDetached)
	case !now.Programs && now.Program != d.program:
		return fmt.Errorf("%s: %w, and program %d put in its place: no answer can come any more", d.name, ErrDetached,
			now.Program)
	case !now.Up:
		d.hold("is down")
	case !now.Carrier:
		d.hold("has no carrier")
	default:
		d.down.Store(nil)
	}
	return nil
}

func (d *device) hold(why string) {
	if d.down.Load() == nil {
		err := fmt.Errorf("interface %s %s: %w", d.name, why, unix.ENETDOWN)
		d.down.Store(&err)
	}
}

// suspect looks at once, unless that has just been done, because something was dropped or refused.
func (d *device) suspect() {
	if d.look == nil || !d.mu.TryLock() {
		return
	}
	recent := time.Since(d.checked) < lookAtOnce
	d.mu.Unlock()
	if !recent {
		_ = d.check() // whoever watches finds the same
	}
}

// cannotSend is nil, or why not at present: it wraps ENETDOWN.
func (d *device) cannotSend() error {
	if err := d.down.Load(); err != nil {
		return *err
	}
	return nil
}

// explain says what is behind an error of sending, if that is known.
func (d *device) explain(err error) error {
	if d.look != nil && (errors.Is(err, unix.ENXIO) || errors.Is(err, unix.ENODEV)) {
		if why := d.check(); why != nil {
			return why
		}
	}
	return err
}
