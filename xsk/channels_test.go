package xsk

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"
)

func TestNumQueues(t *testing.T) {
	w := newWire(t, 3, 2)
	if n, err := NumQueues(nearName); n != 2 || err != nil {
		t.Errorf("NumQueues(%q) = %d, %v, want 2, nil", nearName, n, err)
	}
	// A driver without ETHTOOL_GCHANNELS: queues are counted by binding. This is the loopback of the test's namespace.
	w.open(t, Config{})
	if n, err := NumQueues("lo"); n != 1 || err != nil {
		t.Errorf(`NumQueues("lo") = %d, %v, want 1, nil`, n, err)
	}
	// Probing counts every queue, those in use included, of the kind there is more of.
	if n, err := probeQueues(w.nearIndex); n != 3 || err != nil {
		t.Errorf("probeQueues = %d, %v, want 3, nil", n, err)
	}
	if _, err := NumQueues("nonesuch0"); !errors.Is(err, unix.ENODEV) ||
		err.Error() != "count queues of nonesuch0: ioctl: no such device" {
		t.Errorf("NumQueues of no interface: %v, want ENODEV", err)
	}
	if _, err := NumQueues("a-name-longer-than-any"); err == nil {
		t.Error("NumQueues of an overlong name: no error")
	}
}
