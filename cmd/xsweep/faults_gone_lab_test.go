package main

import (
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/internal/lab"
)

// TestInterfaceGone takes the interface away, in all the ways and at all the times there are: the scan ends at once with an
// error that names it, and what was found until then is whole.
func TestInterfaceGone(t *testing.T) {
	tests := []struct {
		name string
		args []string
		gone func(*testing.T, *faulty)
	}{
		{"deleted", nil, func(t *testing.T, f *faulty) { must(t, changeLink(f.lab.Scanner, netlink.LinkDel)) }},
		{"deleted at the far end", nil, func(t *testing.T, f *faulty) { must(t, changeLink(f.lab.World, netlink.LinkDel)) }},
		{"deleted while targets wait", nil, func(t *testing.T, f *faulty) {
			must(t, setUp(f.lab.Scanner, false))
			f.awaitText(t, "sending is paused")
			must(t, changeLink(f.lab.Scanner, netlink.LinkDel))
		}},
		{"moved to another namespace", nil, moveAway},
		{"deleted in the cool-down", []string{"-n", "5000", "-c", "3600"}, func(t *testing.T, f *faulty) {
			f.awaitText(t, " done (")
			must(t, changeLink(f.lab.Scanner, netlink.LinkDel))
		}},
		{"moved in the cool-down", []string{"-n", "5000", "-c", "3600"}, func(t *testing.T, f *faulty) {
			f.awaitText(t, " done (")
			moveAway(t, f)
		}},
	}
	for _, engine := range bothEngines {
		for _, tt := range tests {
			t.Run(engine+"/"+tt.name, func(t *testing.T) {
				f := startFaulty(t, engine, tt.args...)
				tt.gone(t, f)
				began := time.Now()
				f.end(t, exitFailed)
				t.Logf("it took %v to end", time.Since(began).Round(time.Millisecond))
				f.checkFailure(t, "scan0: the interface has gone: it was deleted, or moved to another network namespace",
					"what was found until then is in the output")
				if strings.Count(f.stderr.String(), "\n") > 30 {
					t.Errorf("the log is long:\n%s", &f.stderr)
				}
			})
		}
	}
}

// moveAway moves the interface to the namespace of another lab, where nothing answers.
func moveAway(t *testing.T, f *faulty) {
	t.Helper()
	other, err := lab.New(lab.Config{NoLock: true})
	must(t, err)
	t.Cleanup(func() { must(t, other.Close()) })
	must(t, other.Scanner.Do(func() error {
		namespace, err := unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(namespace)
		return changeLink(f.lab.Scanner, func(dev netlink.Link) error {
			if err := netlink.LinkSetDown(dev); err != nil {
				return err
			}
			if err := netlink.LinkSetName(dev, "moved0"); err != nil { // there is a scan0 there
				return err
			}
			return netlink.LinkSetNsFd(dev, namespace)
		})
	}))
}

// TestInterfaceRenamed is none of the scan's business.
func TestInterfaceRenamed(t *testing.T) {
	for _, engine := range bothEngines {
		t.Run(engine, func(t *testing.T) {
			f := startFaulty(t, engine)
			must(t, changeLink(f.lab.Scanner, func(dev netlink.Link) error { return netlink.LinkSetName(dev, "other0") }))
			f.end(t, exitDone)
			f.checkComplete(t, 0, 0)
		})
	}
}
