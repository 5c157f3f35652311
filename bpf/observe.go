package bpf

import (
	"fmt"

	"github.com/xsweep/xsweep/internal/xdplink"
)

// ErrGone is what the error of Observer.Look wraps for an interface that is not in the network namespace any more.
var ErrGone = xdplink.ErrGone

// Device is how an interface stands at one moment: whether it is Up and has a Carrier, and the id of the XDP program that
// is attached to it.
type Device = xdplink.State

// An Observer looks at one interface. Its methods may be called concurrently, Close aside.
type Observer = xdplink.Observer

// Observe opens an Observer of an interface, which keeps to the network namespace of the calling thread whatever thread
// uses it. It needs no capability, and a file descriptor.
func Observe(ifindex int) (*Observer, error) { return xdplink.Observe(ifindex) }

// ID is the number by which the kernel knows the program.
func (s *Steer) ID() (uint32, error) {
	info, err := s.objects.Steer.Info()
	if err != nil {
		return 0, fmt.Errorf("look up steer: %w", err)
	}
	id, _ := info.ID() // since Linux 4.13
	return uint32(id), nil
}
