package scan

import (
	"runtime"
	"testing"
)

// TestAllowedCPUsRespectsAffinity: a scan under taskset stays where it was put.
func TestAllowedCPUsRespectsAffinity(t *testing.T) {
	all := allowedCPUs()
	if len(all) == 0 {
		t.Fatal("no core is allowed")
	}
	done := make(chan []int)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		if err := pin(all[len(all)-1]); err != nil {
			t.Error(err)
		}
		done <- allowedCPUs()
	}()
	if got := <-done; len(got) != 1 || got[0] != all[len(all)-1] {
		t.Errorf("pinned to core %d, allowed are %v", all[len(all)-1], got)
	}
}
