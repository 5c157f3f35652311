package preflight

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/bpf"
	"github.com/xsweep/xsweep/internal/ethtool"
	"github.com/xsweep/xsweep/internal/nexthop"
	"github.com/xsweep/xsweep/internal/privilege"
	"github.com/xsweep/xsweep/internal/sysfile"
	"github.com/xsweep/xsweep/scan"
	"github.com/xsweep/xsweep/xsk"
)

// Env is all that Check knows. Look fills it in from the machine, tests from data.
type Env struct {
	Files    fs.FS            // the machine's, from its root: /proc and /sys are looked at
	Release  string           // of the kernel: 6.18.4-arch1
	Program  string           // path of our executable
	NoSuid   bool             // its file system is mounted nosuid, where capabilities of files do not count
	Missing  []privilege.Need // of privilege.ToOpen()
	MemLock  unix.Rlimit      // bytes
	MaxFiles unix.Rlimit
	Cores    []int // that the process may use, ascending
	PageSize int   // bytes
	Landlock int   // version of its interface, 0 where there is none

	Asked   string        // interface that was asked for; "" for that of the route
	Path    *nexthop.Path // the way to the targets
	PathErr error
	Device  *Device // nil where there is none
}

// answer is what was asked of the kernel or a driver, or why there is no answer.
type answer[T any] struct {
	it  T
	err error
}

func answerOf[T any](it T, err error) answer[T] { return answer[T]{it, err} }

// Device is an interface.
type Device struct {
	Name     string
	Index    int
	Kind     string // veth, vlan, bond; "device" for a card
	Encap    string // ether
	Master   string // bridge or bond that it belongs to
	Parent   string // of a VLAN device
	VLAN     int    // likewise
	MTU      int
	Up       bool
	Carrier  bool
	Loopback bool
	HasMAC   bool

	Driver   string
	Features answer[xsk.Features]

	Program *bpf.ForeignProgramError // XDP program that is there already
	Held    answer[bool]             // by a bpf_link
	Sockets answer[[]Socket]         // AF_XDP sockets on its queues

	Channels   answer[ethtool.Channels]
	Rings      answer[ethtool.Rings]
	Table      answer[[]int] // of RSS
	Offloads   answer[map[string]bool]
	Statistics answer[map[string]uint64]

	// HasFiles: /sys/class/net/NAME is this interface. Sysfs shows the network namespace it was mounted in.
	HasFiles bool
}

// Socket is an AF_XDP socket of whomever.
type Socket struct {
	Queue int
	UID   int
}

// interfaceName is the interface that was looked at, or asked for.
func (e *Env) interfaceName() string {
	if e.Device != nil {
		return e.Device.Name
	}
	return e.Asked
}

// text reads a file, without blanks at its ends.
func (e *Env) text(path string) (string, error) { return sysfile.Text(e.Files, path) }

// number reads a file that holds one number.
func (e *Env) number(path string) (int, error) {
	n, err := sysfile.Number(e.Files, path)
	return int(n), err
}

// exists tells whether there is a file or directory.
func (e *Env) exists(path string) bool {
	_, err := fs.Stat(e.Files, path)
	return err == nil
}

// isWithout tells whether a file is not there, which is not the same as that it cannot be looked for.
func (e *Env) isWithout(path string) bool {
	_, err := fs.Stat(e.Files, path)
	return errors.Is(err, fs.ErrNotExist)
}

// unreadable says why something is not known.
func unreadable(name string, err error) Finding {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return unknownf(name, "not to be seen without root: %v", err)
	case errors.Is(err, fs.ErrNotExist):
		return unknownf(name, "this kernel does not tell: %v", err)
	}
	return unknownf(name, "%v", err)
}

// field is the value behind "key:" in a file of such lines.
func field(text, key string) string {
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(line, key+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// queueCount is the number of receive queues, at least 1 where the driver does not tell.
func (e *Env) queueCount() int {
	if e.Device == nil {
		return 1
	}
	return max(1, e.Device.Channels.it.Receive())
}

// prospect is what package scan judges by.
func (e *Env) prospect() scan.Prospect {
	p := scan.Prospect{Interface: e.interfaceName(), Queues: e.queueCount(), NoEmit: e.noEmit()}
	if e.Device == nil {
		return p
	}
	d := e.Device
	p.Features, p.FeaturesErr = d.Features.it, d.Features.err
	p.Mode = bpf.ModeGeneric
	if e.notNative() == "" {
		p.Mode = bpf.ModeNative
	}
	p.ZeroCopy = p.Mode == bpf.ModeNative && d.has(xsk.XSKZeroCopy) && d.MTU <= maxZeroCopyMTU
	return p
}

// noEmit is why engine xdp does not work on this machine, whatever the interface.
func (e *Env) noEmit() error {
	switch {
	case !e.atLeast(5, 18):
		return fmt.Errorf("%w: Linux 5.18 or newer is needed", bpf.ErrNoEmit)
	case e.isWithout("sys/kernel/btf/vmlinux"):
		return fmt.Errorf("%w: the kernel has no BTF", bpf.ErrNoEmit)
	case e.confidential():
		return fmt.Errorf("%w: kernel lockdown refuses tracing programs", bpf.ErrNoEmit)
	}
	return nil
}
