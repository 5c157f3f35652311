package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// watchMemory looks at a process's largest resident size now and then until the result is called, which returns the last of
// what it saw, in bytes; 0 if the process was too short-lived to be seen. getrusage has a figure as well, but that counts what
// the process was before it became the command: a copy of this program.
func watchMemory(pid int) (stop func() int64) {
	const interval = 20 * time.Millisecond
	stopped, last := make(chan struct{}), make(chan int64)
	go func() {
		var peak int64
		for {
			// In a process that has ended there is no such line.
			if text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)); err == nil {
				peak = max(peak, peakRSS(string(text)))
			}
			select {
			case <-stopped:
				last <- peak
				return
			case <-time.After(interval):
			}
		}
	}()
	return func() int64 {
		close(stopped)
		return <-last
	}
}

// peakRSS reads the line of /proc/PID/status that has the largest resident size; 0 if there is none.
func peakRSS(status string) int64 {
	for line := range strings.Lines(status) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			if err == nil {
				return kib << 10
			}
		}
	}
	return 0
}
