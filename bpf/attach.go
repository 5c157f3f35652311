package bpf

import (
	"errors"
	"time"

	"github.com/xsweep/xsweep/internal/xdplink"
)

// Mode is where in the kernel an XDP program runs.
type Mode = xdplink.Mode

// The modes. The zero Mode is ModeAuto.
const (
	ModeAuto    = xdplink.ModeAuto    // native where the driver can, else generic
	ModeNative  = xdplink.ModeNative  // in the driver, before the kernel makes an skb of the frame
	ModeGeneric = xdplink.ModeGeneric // after that, on any driver, slower
)

// ParseMode is the inverse of Mode.String: auto, native or generic.
func ParseMode(name string) (Mode, error) { return xdplink.ParseMode(name) }

// A ForeignProgramError says that the interface has an XDP program that is not ours: its fields are Interface, and the
// program's ID and Name. It is never displaced.
type ForeignProgramError = xdplink.ForeignProgramError

// Attachment reports how a program is attached: in which Mode, and what the kernel said to native mode (NotNative) if
// it was tried and refused.
type Attachment = xdplink.Attachment

// Attach puts the program on the interface by a bpf_link, which the kernel removes when the process ends.
//
// It needs CAP_NET_ADMIN, in the network namespace of the calling thread. The error is a *ForeignProgramError where
// the interface has a program already; otherwise it wraps the errno: EOPNOTSUPP where the driver has no native mode,
// ENOSPC where veth has fewer receive queues than its peer has transmit queues. A Steer is attached to one interface.
func (s *Steer) Attach(ifindex int, mode Mode) (Attachment, error) {
	if s.link != nil {
		return Attachment{}, errors.New("attach steer: attached already")
	}
	l, a, err := xdplink.Attach(s.objects.Steer, ifindex, xdplink.Options{Mode: mode})
	if err != nil {
		return Attachment{}, err
	}
	s.link = l
	return a, nil
}

// Detach takes the program off the interface; frames go to the stack from here on. Detaching twice does nothing.
func (s *Steer) Detach() error {
	if s.link == nil {
		return nil
	}
	err := s.link.Close()
	s.link = nil
	return err
}

// WaitCarrier waits until the interface is up and has a carrier. Many drivers reset their rings when an XDP program is
// attached, and the link is gone for seconds (ixgbe): what is sent meanwhile is lost. The error says what is missing
// when the time is over; it wraps ENETDOWN.
func WaitCarrier(ifindex int, timeout time.Duration) error {
	return xdplink.WaitCarrier(ifindex, timeout)
}
