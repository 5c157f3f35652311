package lab

import (
	"errors"
	"fmt"
	"net"
	"os/exec"
	"slices"

	"github.com/vishvananda/netns"
)

// Host is one end of a Lab: a network namespace with one interface. Its methods may be called concurrently.
type Host struct {
	ns      netns.NsHandle
	name    string
	addr    uint32
	mac     net.HardwareAddr
	ifindex int
}

// newHost makes a namespace in which nothing but the loopback interface exists.
func newHost(ifname string, addr uint32) (*Host, error) {
	ns, err := newNamespace()
	if err != nil {
		return nil, err
	}
	h := &Host{ns: ns, name: ifname, addr: addr, mac: macOf(addr)}
	if err := h.Do(prepareNamespace); err != nil {
		return nil, errors.Join(err, h.close())
	}
	return h, nil
}

// macOf makes a locally administered address of an IPv4 address, so that dumps and tests read the same each time.
func macOf(addr uint32) net.HardwareAddr {
	return net.HardwareAddr{2, 0, byte(addr >> 24), byte(addr >> 16), byte(addr >> 8), byte(addr)}
}

// Do runs fn inside the host's namespace and returns its error. fn runs on an operating system thread of its own that is
// thrown away afterwards; goroutines that fn starts are not in the namespace, while sockets that fn opens are, and
// stay, wherever they are used. What is under /sys is still the caller's; /proc/thread-self/net and /proc/sys/net are
// the host's.
func (h *Host) Do(fn func() error) error {
	if !h.ns.IsOpen() {
		return ErrClosed
	}
	return inNamespace(h.ns, fn)
}

// Start starts a command inside the host's namespace, like [exec.Cmd.Start]. The caller waits for it as usual; it is not
// ended by [Lab.Close]. SysProcAttr.Pdeathsig is refused, because the kernel would send it when the thread that
// starts the command ends, which is at once.
func (h *Host) Start(cmd *exec.Cmd) error {
	if cmd.SysProcAttr != nil && cmd.SysProcAttr.Pdeathsig != 0 {
		return fmt.Errorf("start %s in lab: a parent-death signal would be sent at once", cmd.Path)
	}
	return h.Do(cmd.Start)
}

// Run starts a command as Start does and waits for it, like [exec.Cmd.Run].
func (h *Host) Run(cmd *exec.Cmd) error {
	if err := h.Start(cmd); err != nil {
		return err
	}
	return cmd.Wait()
}

// Interface returns the name of the host's interface: scan0 or world0.
func (h *Host) Interface() string { return h.name }

// Ifindex returns the index of the host's interface inside its namespace.
func (h *Host) Ifindex() int { return h.ifindex }

// Addr returns the host's IPv4 address in host byte order.
func (h *Host) Addr() uint32 { return h.addr }

// MAC returns a copy of the hardware address of the host's interface.
func (h *Host) MAC() net.HardwareAddr { return slices.Clone(h.mac) }

func (h *Host) close() error {
	return h.ns.Close()
}
