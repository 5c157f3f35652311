package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xsweep/xsweep/internal/lab"
)

// startPollThread has the kernel poll a lab's interface by a thread of its own on one core, where by default it does so on
// whichever core the frames come from, in between what that was doing. So one core receives, and what it takes can be told
// from what sending takes. The interface must have one queue.
func startPollThread(host *lab.Host, cpu int) (pid int, err error) {
	ifname := host.Interface()
	before, err := pollThreads(ifname)
	if err != nil {
		return 0, err
	}
	if err := host.PollByThread(); err != nil {
		return 0, err
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
