package main

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/internal/privilege"
)

// TestPrivilegeErrorNamesOneCause: package ebpf guesses at a limit, of which there is none to raise.
func TestPrivilegeErrorNamesOneCause(t *testing.T) {
	cause := fmt.Errorf("load steer: map create: %w (MEMLOCK may be too low, consider rlimit.RemoveMemlock)", unix.EPERM)
	err := &privilegeError{cause, privilege.ToOpen()[2:3]}
	const want = "load steer: map create: operation not permitted: CAP_BPF is missing"
	if got := err.Error(); got != want {
		t.Errorf("error %q, want %q", got, want)
	}
	if hint := err.hint(); !strings.Contains(hint, "sudo setcap cap_net_raw") {
		t.Errorf("hint %q, want the command", hint)
	}
}
