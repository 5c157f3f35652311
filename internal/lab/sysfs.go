package lab

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// PollByThread has the kernel poll the host's interface by threads of its own, one a queue (threaded NAPI, Linux 5.12). By
// default whoever sends to it does that as well.
func (h *Host) PollByThread() error {
	err := h.Do(func() error { return writeOwnSysfs("class/net/"+h.name+"/threaded", "1") })
	if err != nil {
		return fmt.Errorf("have a thread poll %s: %w", h.name, err)
	}
	return nil
}

// writeOwnSysfs writes a file of the sysfs of the calling thread's network namespace, which /sys is not that of: it mounts
// it, where only this thread sees it. The thread must be thrown away.
func writeOwnSysfs(name, value string) (err error) {
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return os.NewSyscallError("unshare", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return os.NewSyscallError("mount private /", err)
	}
	if err := unix.Mount("sysfs", "/sys", "sysfs", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return os.NewSyscallError("mount /sys", err)
	}
	defer func() {
		err = errors.Join(err, os.NewSyscallError("umount /sys", unix.Unmount("/sys", unix.MNT_DETACH)))
	}()
	return os.WriteFile("/sys/"+name, []byte(value), 0)
}
