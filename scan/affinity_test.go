package scan

import (
	"errors"
	"runtime"
	"slices"
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

func TestSenderCores(t *testing.T) {
	all := allowedCPUs()
	tests := []struct {
		name   string
		chosen []int
		n      int
		want   []int
	}{
		{"one sender goes where there is room", nil, 1, nil},
		{"several have a core each", nil, 2, all},
		{"one sender stays on the core that was chosen", all[:1], 1, all[:1]},
		{"several stay there", all[:1], 2, all[:1]},
	}
	for _, tt := range tests {
		if got := senderCores(tt.chosen, tt.n); !slices.Equal(got, tt.want) {
			t.Errorf("%s: senderCores(%v, %d) = %v, want %v", tt.name, tt.chosen, tt.n, got, tt.want)
		}
	}
}

func TestCheckCores(t *testing.T) {
	if err := checkCores(allowedCPUs()); err != nil {
		t.Errorf("checkCores of all cores: %v", err)
	}
	if err := checkCores([]int{allowedCPUs()[0], 60000}); !errors.Is(err, ErrConfig) {
		t.Errorf("checkCores with core 60000: %v, want %v", err, ErrConfig)
	}
}
