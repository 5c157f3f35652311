package lab

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// errLeft is the result of a function that ended its goroutine, as testing.T.FailNow does, instead of returning.
var errLeft = errors.New("function left by runtime.Goexit")

// errNotInside would be a mistake in this package, and stops it from having consequences.
var errNotInside = errors.New("enter network namespace: still in the one outside")

// onThrowawayThread runs fn on an operating system thread that is never used again, so that fn may change what belongs
// to a thread, such as its network namespace.
func onThrowawayThread(fn func() error) error {
	done := make(chan error, 1)
	go func() {
		// Never unlocked: the runtime ends the thread with the goroutine.
		runtime.LockOSThread()
		if unix.Gettid() == unix.Getpid() {
			// But it cannot end the main thread, whose namespace is also what /proc/self/net shows. Holding
			// the main thread, this goroutine makes sure that the next one gets another.
			defer runtime.UnlockOSThread()
			done <- onThrowawayThread(fn)
			return
		}
		err := errLeft
		defer func() { done <- err }()
		err = fn()
	}()
	return <-done
}

// newNamespace makes a network namespace that lives as long as the handle, or what uses it.
func newNamespace() (netns.NsHandle, error) {
	ns := netns.None()
	err := onThrowawayThread(func() error {
		var err error
		ns, err = netns.New()
		return err
	})
	if err != nil {
		return netns.None(), fmt.Errorf("create network namespace: %w", err)
	}
	return ns, nil
}

// inNamespace runs fn on a throwaway thread inside ns. It makes sure that the thread has left the namespace it came
// from: what fn does may send packets or change interfaces, and must never do so outside of a Lab.
func inNamespace(ns netns.NsHandle, fn func() error) error {
	return onThrowawayThread(func() error {
		outside, err := netns.Get()
		if err != nil {
			return fmt.Errorf("find out network namespace: %w", err)
		}
		defer outside.Close()
		if err := netns.Set(ns); err != nil {
			return fmt.Errorf("enter network namespace: %w", err)
		}
		inside, err := netns.Get()
		if err != nil {
			return fmt.Errorf("find out network namespace: %w", err)
		}
		defer inside.Close()
		if inside.Equal(outside) || !inside.Equal(ns) {
			return errNotInside
		}
		return fn()
	})
}
