package xsk

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// sysfsDir lays out the files of an interface in a directory of the test's, with the values of a fresh one.
func sysfsDir(t *testing.T, name, index, mac string) string {
	t.Helper()
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, name), 0o755); err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string]string{"ifindex": index, "address": mac, "gro_flush_timeout": "0", "napi_defer_hard_irqs": "1"} {
		if err := os.WriteFile(filepath.Join(root, name, file), []byte(text+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

var usualTuning = HostTuning{DeferHardIRQs: 2, GROFlushTimeout: 200 * time.Microsecond}

// TestTuningUndo restores what was there, except a value that somebody else has changed since.
func TestTuningUndo(t *testing.T) {
	root := sysfsDir(t, "x0", "1", "")
	timeout, irqs := filepath.Join(root, "x0/gro_flush_timeout"), filepath.Join(root, "x0/napi_defer_hard_irqs")
	done := tuning{{timeout, 0, 200_000}, {irqs, 1, 2}}
	if got, want := done.String(), "echo 1 > "+irqs+"; echo 0 > "+timeout; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
	for _, s := range done {
		if err := writeSetting(s.path, s.isIt); err != nil {
			t.Fatal(err)
		}
	}
	if err := writeSetting(irqs, 7); err != nil { // somebody else
		t.Fatal(err)
	}
	if err := done.undo(); err != nil {
		t.Fatal(err)
	}
	if v, _ := readSetting(timeout); v != 0 {
		t.Errorf("gro_flush_timeout = %d afterwards, want 0 as before", v)
	}
	if v, _ := readSetting(irqs); v != 7 {
		t.Errorf("napi_defer_hard_irqs = %d afterwards, want 7, which somebody else set", v)
	}
	if err := os.RemoveAll(filepath.Join(root, "x0")); err != nil {
		t.Fatal(err)
	}
	if err := done.undo(); err != nil {
		t.Errorf("undo of an interface that has gone = %v, want nil", err)
	}
}

// TestTuneHostElsewhere holds that an interface of the same name in another namespace is left alone.
func TestTuneHostElsewhere(t *testing.T) {
	w := newWire(t, 1, 1)
	l, err := netlink.LinkByIndex(w.nearIndex)
	if err != nil {
		t.Fatal(err)
	}
	mac := l.Attrs().HardwareAddr.String()
	for name, root := range map[string]string{
		"another index":   sysfsDir(t, nearName, "4711", mac),
		"another address": sysfsDir(t, nearName, "2", "02:00:00:00:00:99"),
	} {
		if _, err := tuneHost(root, w.nearIndex, usualTuning); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%s: tuneHost = %v, want ErrUnsupported", name, err)
		}
		if v, _ := readSetting(filepath.Join(root, nearName, "napi_defer_hard_irqs")); v != 1 {
			t.Errorf("%s: napi_defer_hard_irqs = %d, want 1 as before", name, v)
		}
	}
	if _, err := tuneHost(sysClassNet, 1, usualTuning); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("tuneHost of the loopback = %v, want ErrUnsupported", err)
	}
}

// TestGroupTuning changes the settings of a real interface and finds them as they were after Close.
func TestGroupTuning(t *testing.T) {
	w := newWire(t, 1, 1)
	mountSysfs(t)
	dir := filepath.Join(sysClassNet, nearName)
	read := func(name string) int64 {
		v, err := readSetting(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	g, err := OpenGroup(GroupConfig{Config: Config{Ifindex: w.nearIndex}, Tuning: usualTuning})
	if err != nil {
		t.Fatal(err)
	}
	if a, b := read("napi_defer_hard_irqs"), read("gro_flush_timeout"); a != 2 || b != 200_000 {
		t.Errorf("settings are %d and %d, want 2 and 200000", a, b)
	}
	if note := g.Info()[0].Tuning; !strings.Contains(note, "echo 0 > /sys/class/net/near0/napi_defer_hard_irqs") {
		t.Errorf("Info.Tuning = %q, want how to undo it", note)
	}
	if err := errors.Join(g.Close(), g.Close()); err != nil {
		t.Error(err)
	}
	if a, b := read("napi_defer_hard_irqs"), read("gro_flush_timeout"); a != 0 || b != 0 {
		t.Errorf("settings are %d and %d after Close, want 0 and 0", a, b)
	}
	if _, err := OpenGroup(GroupConfig{Config: Config{Ifindex: w.nearIndex}, Tuning: HostTuning{DeferHardIRQs: -1}}); !errors.Is(err, ErrConfig) {
		t.Errorf("OpenGroup with a negative count = %v, want ErrConfig", err)
	}
}

// mountSysfs gives the test's thread a view of /sys that shows its own network namespace, in a mount namespace of its own
// that ends with it.
func mountSysfs(t *testing.T) {
	t.Helper()
	err := unix.Unshare(unix.CLONE_NEWNS)
	if err == nil {
		err = unix.Mount("", "/", "", unix.MS_PRIVATE|unix.MS_REC, "")
	}
	if err == nil {
		err = unix.Mount("sysfs", "/sys", "sysfs", 0, "")
	}
	if err != nil {
		t.Fatalf("mount sysfs: %v", err)
	}
}
