package labtest

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// SmallDisk mounts a tmpfs of size bytes and returns the path of its root, which programs that the test starts can use
// as well. It is attached to no directory, so that nobody else meets it, and is gone with the test. Privileges are as in
// New.
func SmallDisk(t testing.TB, size int) string {
	t.Helper()
	mount, err := mountTmpfs(size)
	if err != nil {
		if errors.Is(err, os.ErrPermission) {
			err = fmt.Errorf("mount a tmpfs: CAP_SYS_ADMIN: %w", err)
		}
		SkipOrFail(t, err)
	}
	t.Cleanup(func() { unix.Close(mount) })
	return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), mount)
}

func mountTmpfs(size int) (fd int, err error) {
	config, err := unix.Fsopen("tmpfs", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return -1, err
	}
	defer unix.Close(config)
	if err := unix.FsconfigSetString(config, "size", fmt.Sprint(size)); err != nil {
		return -1, err
	}
	if err := unix.FsconfigCreate(config); err != nil {
		return -1, err
	}
	return unix.Fsmount(config, unix.FSMOUNT_CLOEXEC, 0)
}
