package redirect

import (
	"errors"
	"time"

	"github.com/xsweep/xsweep/internal/xdplink"
)

// Mode is where in the kernel an XDP program runs. Its String is auto, native or generic.
type Mode = xdplink.Mode

// The modes. The zero Mode is ModeAuto.
const (
	ModeAuto    = xdplink.ModeAuto    // native where the driver can, else generic
	ModeNative  = xdplink.ModeNative  // in the driver, before the kernel makes an skb of the frame; zero-copy needs it
	ModeGeneric = xdplink.ModeGeneric // after that, on any driver, slower
)

// ParseMode is the inverse of Mode.String: auto, native or generic.
func ParseMode(name string) (Mode, error) { return xdplink.ParseMode(name) }

// A ForeignProgramError says that the interface has an XDP program of another owner. Its fields: the name of the
// Interface, and the program's ID, as bpftool prog shows it, and Name, which may be empty.
type ForeignProgramError = xdplink.ForeignProgramError

// Attachment reports how a program is attached. Its fields: Mode, ModeNative or ModeGeneric; NotNative, what the kernel
// said to native mode, if that was tried and refused; Replaced, the *ForeignProgramError that Config.Replace averted.
type Attachment = xdplink.Attachment

// Attach loads a program and puts it on the interface, in the network namespace of the calling thread.
//
// Do it before opening queues: it may change their number (virtio_net), and many drivers reset their rings, which takes
// ixgbe seconds; see WaitCarrier. The error wraps ErrConfig; is a *ForeignProgramError where another owner's program is
// there and Replace is not set; or wraps an errno: EPERM without the capabilities, EOPNOTSUPP where the driver has no
// native mode and ModeNative wants it, ENOSPC where veth has fewer receive queues than its peer has transmit queues.
func Attach(ifindex int, cfg Config) (*Program, error) {
	p, err := Load(cfg)
	if err != nil {
		return nil, err
	}
	if err := p.Attach(ifindex); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// Attach puts a loaded program on an interface; see the function. A Program is attached to one interface.
//
// Replacing takes two steps: frames go to the stack between them. To find another owner's bpf_link needs CAP_SYS_ADMIN.
func (p *Program) Attach(ifindex int) (err error) {
	if p.link != nil {
		return errors.New("attach XDP program: attached already")
	}
	p.link, p.attachment, err = xdplink.Attach(p.prog, ifindex, xdplink.Options{Mode: p.cfg.Mode, Replace: p.cfg.Replace})
	return err
}

// Attachment returns how the program is attached; the zero Attachment if it is not.
func (p *Program) Attachment() Attachment { return p.attachment }

// WaitCarrier waits until the interface is up and has a carrier, which can take seconds after Attach. The error says what
// is missing when the time is over; it wraps ENETDOWN.
func WaitCarrier(ifindex int, timeout time.Duration) error {
	return xdplink.WaitCarrier(ifindex, timeout)
}
