package bench

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// A CPU clock is the CPU time of a process or thread in nanoseconds. Its number is made as clock_getcpuclockid(3) makes it: the
// complement of the id, a bit for one thread alone, and the kind that the scheduler counts.
type cpuClock int32

const (
	clockScheduler = 2
	clockThread    = 4
)

func processClock(pid int) cpuClock { return cpuClock(^pid<<3 | clockScheduler) }

// threadClock wants a thread of this process.
func threadClock(tid int) cpuClock { return cpuClock(^tid<<3 | clockScheduler | clockThread) }

func (c cpuClock) read() (time.Duration, error) {
	var t unix.Timespec
	if err := unix.ClockGettime(int32(c), &t); err != nil {
		return 0, fmt.Errorf("read CPU time: %w", os.NewSyscallError("clock_gettime", err))
	}
	return time.Duration(t.Nano()), nil
}

// busyTime is how long all cores of the machine together have been busy since it booted. It is a sum of the kernel's ticks: good
// for seconds, not for milliseconds. ok is false where /proc/stat does not tell.
func busyTime() (busy time.Duration, ok bool) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, false
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	fields := bytes.Fields(line) // cpu user nice system idle iowait irq softirq steal guest guest_nice
	if len(fields) < 8 || string(fields[0]) != "cpu" {
		return 0, false
	}
	var ticks uint64
	for _, i := range []int{1, 2, 3, 6, 7} {
		n, err := strconv.ParseUint(string(fields[i]), 10, 64)
		if err != nil {
			return 0, false
		}
		ticks += n
	}
	const userHZ = 100 // of every Linux that Go runs on
	return time.Duration(ticks) * time.Second / userHZ, true
}

// ownClock is that of the calling thread.
func ownClock() cpuClock { return threadClock(unix.Gettid()) }
