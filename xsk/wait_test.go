package xsk

import (
	"errors"
	"os"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// waiting returns a receiver whose socket is one end of a pipe, and the other end.
func waiting(t *testing.T) (*RxQueue, *fakeKernel, *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	_, q, k := newFake(t, smallRx, 0)
	q.poll[0].Fd, q.look = int32(r.Fd()), nil
	return q, k, w
}

func TestRxQueueWait(t *testing.T) {
	t.Run("the timeout passes", func(t *testing.T) {
		q, _, _ := waiting(t)
		for _, timeout := range []time.Duration{0, time.Microsecond, time.Millisecond} {
			if err := q.Wait(timeout); err != nil {
				t.Errorf("Wait(%v) = %v, want nil", timeout, err)
			}
		}
	})
	t.Run("a frame waits already", func(t *testing.T) {
		q, k, _ := waiting(t)
		q.poll[0].Fd = -1 // which poll would wait on for ever
		receiveSeq(k, 0, 1)
		if err := q.Wait(-1); err != nil {
			t.Errorf("Wait(-1) = %v, want nil", err)
		}
	})
	t.Run("the socket becomes readable", func(t *testing.T) {
		q, _, w := waiting(t)
		time.AfterFunc(time.Millisecond, func() { _, _ = w.Write([]byte{1}) })
		if err := q.Wait(-1); err != nil {
			t.Errorf("Wait(-1) = %v, want nil", err)
		}
	})
	t.Run("a closed socket", func(t *testing.T) {
		q, _, _ := waiting(t)
		q.poll[0].Fd = 1 << 30 // no such descriptor
		if err := q.Wait(-1); !errors.Is(err, os.ErrClosed) {
			t.Errorf("Wait(-1) = %v, want os.ErrClosed", err)
		}
	})
	t.Run("a closed socket, busy polling", func(t *testing.T) {
		q, _, _ := waiting(t)
		q.look, q.fd = pollDriver, 1<<30
		if err := q.Wait(-1); !errors.Is(err, os.ErrClosed) {
			t.Errorf("Wait(-1) = %v, want os.ErrClosed", err)
		}
	})
	t.Run("a signal does not end it", func(t *testing.T) {
		q, _, w := waiting(t)
		runtime.LockOSThread() // for good: the signals go to this thread
		tid := unix.Gettid()
		go func() {
			for range 20 {
				time.Sleep(time.Millisecond)
				_ = unix.Tgkill(os.Getpid(), tid, unix.SIGURG) // which the Go runtime ignores
			}
			_, _ = w.Write([]byte{1})
		}()
		if err := q.Wait(time.Minute); err != nil {
			t.Errorf("Wait(1m) = %v, want nil", err)
		}
	})
}
