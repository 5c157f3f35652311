package privilege

import (
	"fmt"

	"golang.org/x/sys/unix"
	libcap "kernel.org/pub/linux/libs/security/libcap/cap"
)

// Drop gives up all capabilities but those of keep, on every thread and for good: from the effective, permitted,
// inheritable and ambient sets, and from the bounding set where CAP_SETPCAP allows it. It sets no_new_privs, so that no
// file that is executed has any effect on that. What of keep the process does not have it does not get.
//
// Everything that was opened stays usable. A scan needs nothing more on Linux 5.19 and newer; before, where
// kernel.unprivileged_bpf_disabled is set, bpf(2) takes CAP_BPF for all it does: see Later.
//
// A process of root's stays root's, and is the owner of root's files. Other users' files are closed to it from here on.
func Drop(keep ...Need) error {
	if _, err := libcap.Prctlw(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("set no_new_privs: %w", err)
	}
	have := libcap.GetProc()
	if isEffective(have, libcap.SETPCAP) {
		if err := dropBounds(); err != nil {
			return fmt.Errorf("empty the bounding set: %w", err)
		}
	}
	if err := libcap.ResetAmbient(); err != nil {
		return fmt.Errorf("empty the ambient set: %w", err)
	}
	left := libcap.NewSet()
	for _, n := range keep {
		if !isEffective(have, n.Cap) {
			continue
		}
		for _, flag := range []libcap.Flag{libcap.Effective, libcap.Permitted} {
			if err := left.SetFlag(flag, true, n.Cap); err != nil {
				return fmt.Errorf("keep %v: %w", n, err)
			}
		}
	}
	if err := left.SetProc(); err != nil {
		return fmt.Errorf("drop capabilities: %w", err)
	}
	return nil
}

func dropBounds() error {
	for c := range libcap.MaxBits() {
		if on, err := libcap.GetBound(c); err != nil || !on {
			continue // not known, or gone already
		}
		if err := libcap.DropBound(c); err != nil {
			return err
		}
	}
	return nil
}
