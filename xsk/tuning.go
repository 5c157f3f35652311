package xsk

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// HostTuning are settings of an interface that are the host's, not a socket's, for busy polling: with them a driver that is
// polled leaves its interrupts off. They act on all traffic of the interface, and they stay if the process is killed. The
// zero value changes nothing.
type HostTuning struct {
	DeferHardIRQs   int           // napi_defer_hard_irqs: empty polls before interrupts are turned on again (2 is usual)
	GROFlushTimeout time.Duration // gro_flush_timeout: how long interrupts may be off, in whole nanoseconds (200 µs)
}

// sysClassNet is where the settings are files.
const sysClassNet = "/sys/class/net"

// setting is one file that was changed.
type setting struct {
	path      string
	was, isIt int64
}

// tuning is what has been changed of the host.
type tuning []setting

// check validates t.
func (t HostTuning) check() error {
	switch {
	case t.DeferHardIRQs < 0 || t.DeferHardIRQs > math.MaxInt32:
		return fmt.Errorf("napi_defer_hard_irqs of %d: want a small count", t.DeferHardIRQs)
	case t.GROFlushTimeout < 0 || t.GROFlushTimeout > time.Second:
		return fmt.Errorf("gro_flush_timeout of %v: want up to a second", t.GROFlushTimeout)
	}
	return nil
}

// tuneHost changes the settings of an interface of the calling thread's network namespace, whose files are in root, and
// returns how to undo that. With an error it has undone it.
func tuneHost(root string, ifindex int, t HostTuning) (tuning, error) {
	if t == (HostTuning{}) {
		return nil, nil
	}
	dir, err := tuningDir(root, ifindex)
	if err != nil {
		return nil, err
	}
	var done tuning
	for _, s := range []struct {
		name  string
		value int64
	}{
		// In this order a driver is never left with interrupts off and no time to turn them on.
		{"gro_flush_timeout", int64(t.GROFlushTimeout)},
		{"napi_defer_hard_irqs", int64(t.DeferHardIRQs)},
	} {
		if s.value == 0 {
			continue
		}
		path := filepath.Join(dir, s.name)
		was, err := readSetting(path)
		if err == nil {
			err = writeSetting(path, s.value)
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("tune the host: %w", err), done.undo())
		}
		done = append(done, setting{path, was, s.value})
	}
	return done, nil
}

// tuningDir returns the directory of an interface. Sysfs shows the network namespace that it was mounted in, not the
// caller's: an interface of the same name there must not be taken for this one.
func tuningDir(root string, ifindex int) (string, error) {
	l, err := netlink.LinkByIndex(ifindex)
	if err != nil {
		return "", fmt.Errorf("tune the host: %w", err)
	}
	a := l.Attrs()
	if len(a.HardwareAddr) == 0 || a.Flags&unix.IFF_LOOPBACK != 0 || strings.Trim(a.HardwareAddr.String(), "0:") == "" {
		return "", fmt.Errorf("tune the host: %s has no link-layer address to know it by in %s: %w", a.Name, root,
			errors.ErrUnsupported)
	}
	dir := filepath.Join(root, a.Name)
	index, err := readSetting(filepath.Join(dir, "ifindex"))
	if err != nil {
		return "", fmt.Errorf("tune the host: %w", err)
	}
	mac, err := os.ReadFile(filepath.Join(dir, "address"))
	if err != nil {
		return "", fmt.Errorf("tune the host: %w", err)
	}
	if int(index) != ifindex || strings.TrimSpace(string(mac)) != a.HardwareAddr.String() {
		return "", fmt.Errorf("tune the host: %s shows another network namespace, whose %s is not this one: %w", root, a.Name,
			errors.ErrUnsupported)
	}
	return dir, nil
}

// undo puts back what was there before, last change first, except what somebody else has changed since.
func (t tuning) undo() error {
	var errs []error
	for _, s := range slices.Backward(t) {
		now, err := readSetting(s.path)
		if err == nil && now == s.isIt {
			err = writeSetting(s.path, s.was)
		}
		// An interface that has gone took its settings with it.
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, fmt.Errorf("undo tuning of the host: %w", err))
		}
	}
	return errors.Join(errs...)
}

// String returns the shell commands that undo t, for when the process cannot.
func (t tuning) String() string {
	var commands []string
	for _, s := range slices.Backward(t) {
		commands = append(commands, fmt.Sprintf("echo %d > %s", s.was, s.path))
	}
	return strings.Join(commands, "; ")
}

// readSetting reads a number from a file.
func readSetting(path string) (int64, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
}

// writeSetting writes a number to a file that is there.
func writeSetting(path string, v int64) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(f, v)
	return errors.Join(err, f.Close())
}
