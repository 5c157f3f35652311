package main

import (
	"os/exec"
	"testing"
	"time"
)

func TestPeakRSS(t *testing.T) {
	tests := []struct {
		name, status string
		want         int64
	}{
		{"a process", "Name:\tzmap\nVmPeak:\t  90000 kB\nVmHWM:\t    9216 kB\nVmRSS:\t    8000 kB\n", 9216 << 10},
		{"one that has ended", "Name:\tzmap\nState:\tZ (zombie)\n", 0},
		{"a line cut short", "VmHWM:\t", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := peakRSS(tt.status); got != tt.want {
				t.Errorf("peakRSS(%q) = %d, want %d", tt.status, got, tt.want)
			}
		})
	}
}

// TestWatchMemory sees a small process as small as it is, not as large as this one, which started it.
func TestWatchMemory(t *testing.T) {
	child := exec.Command("sleep", "600")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	memory := watchMemory(child.Process.Pid)
	time.Sleep(100 * time.Millisecond)
	got := memory()
	child.Process.Kill()
	child.Wait()
	if got < 64<<10 || got > 8<<20 {
		t.Errorf("sleep takes %d bytes, want some, and less than 8 MiB", got)
	}
}
