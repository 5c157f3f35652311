package bench

import (
	"errors"
	"sync/atomic"
)

// dropper is an XDP program that counts what comes and drops it: the kernel alone receives.
type dropper struct{ *framesProgram }

func openDrop(native bool) func(*receiving) (receiver, error) {
	return func(at *receiving) (receiver, error) {
		p, err := newFrames(floodSource, nil)
		if err != nil {
			return nil, err
		}
		if err := at.host.Do(func() error { return p.attach(p.objects.Count, at.end, native) }); err != nil {
			return nil, errors.Join(err, p.Close())
		}
		return dropper{p}, nil
	}
}

func (dropper) thread() func(*atomic.Bool) error { return nil }

func (d dropper) received() (uint64, error) {
	n, err := d.arrived()
	return n.frames, err
}

func (dropper) dropped() (uint64, error) { return 0, nil } // but on purpose
