package ethtool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/internal/ethtool/ioctl"
)

// Device answers questions about one interface. It is for one goroutine.
type Device struct {
	name string
	ask  func(question []byte) error // answers in place
	end  func() error
}

// Open takes the interface of this name in the network namespace of the calling thread; the questions may then be asked
// from any. That there is no such interface is an error of the questions: ENODEV.
func Open(ifname string) (*Device, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	return &Device{
		name: ifname,
		ask:  func(question []byte) error { return ioctl.Ethtool(fd, ifname, question) },
		end:  func() error { return os.NewSyscallError("close", unix.Close(fd)) },
	}, nil
}

// Close ends the questions.
func (d *Device) Close() error { return d.end() }

// A question is a struct of linux/ethtool.h, of words that begin with the command.
type question []byte

func newQuestion(size int, words ...uint32) question {
	q := make(question, size)
	for i, w := range words {
		binary.NativeEndian.PutUint32(q[4*i:], w)
	}
	return q
}

// word is a field of 32 bits, by its number.
func (q question) word(i int) int { return int(binary.NativeEndian.Uint32(q[4*i:])) }

// about asks, and names what was asked for where there is no answer. The error wraps errors.ErrUnsupported where the driver
// does not tell.
func (d *Device) about(what string, q question) error {
	err := d.ask(q)
	if errors.Is(err, unix.EOPNOTSUPP) {
		return fmt.Errorf("%s of %s: the driver does not tell: %w", what, d.name, errors.ErrUnsupported)
	}
	if err != nil {
		return fmt.Errorf("%s of %s: %w", what, d.name, os.NewSyscallError("ioctl", err))
	}
	return nil
}
