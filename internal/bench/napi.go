package bench

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// startPollThread has the kernel poll a lab's interface by a thread of its own (threaded NAPI, Linux 5.12) on one core, where by
// default it does so on whichever core the frames come from, in between what that was doing. So one core receives, and what it
// takes can be told from what sending takes. The interface must have one queue.
//
// do runs a function on a thread in the interface's namespace that is thrown away.
func startPollThread(do func(func() error) error, ifname string, cpu int) (pid int, err error) {
	before, err := pollThreads(ifname)
	if err != nil {
		return 0, err
	}
	err = do(func() error { return writeOwnSysfs("class/net/"+ifname+"/threaded", "1") })
	if err != nil {
		return 0, fmt.Errorf("have a thread poll %s: %w", ifname, err)
	}
	for range 100 { // until the thread has its name
		now, err := pollThreads(ifname)
		if err != nil {
			return 0, err
		}
		started := slices.DeleteFunc(now, func(pid int) bool { return slices.Contains(before, pid) })
		if len(started) == 1 {
			return started[0], pin(started[0], cpu)
		}
		if len(started) > 1 {
			return 0, fmt.Errorf("have a thread poll %s: %d threads do, and one was expected", ifname, len(started))
		}
		time.Sleep(10 * time.Millisecond)
	}
	return 0, fmt.Errorf("have a thread poll %s: none does", ifname)
}

// pollThreads lists the kernel's threads that poll interfaces of this name, in any namespace.
func pollThreads(ifname string) (pids []int, err error) {
	names, err := filepath.Glob("/proc/[0-9]*/comm")
	if err != nil {
		return nil, err
	}
	for _, path := range names {
		comm, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended meanwhile
		}
		if strings.HasPrefix(string(comm), "napi/"+ifname+"-") {
			pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			if err != nil {
				return nil, err
			}
			pids = append(pids, pid)
		}
	}
	return pids, nil
}

// writeOwnSysfs writes a file of the sysfs of the calling thread's network namespace, which /sys is not that of: it mounts it,
// where only this thread sees it. The thread must be thrown away.
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
