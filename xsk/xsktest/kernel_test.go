package xsktest_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/xsk"
	"github.com/xsweep/xsweep/xsk/xsktest"
)

// newQueue makes a small Queue and its kernel.
func newQueue(t *testing.T) (*xsk.Queue, *xsktest.Kernel) {
	t.Helper()
	q, k, err := xsktest.New(xsk.Config{RxSize: 8, FillSize: 16, TxSize: 8, CompletionSize: 16})
	if err != nil {
		t.Fatal(err)
	}
	return q, k
}

// submit sends one frame a value, as many as there is room for.
func submit(tx *xsk.TxQueue, values ...byte) int {
	n := tx.Reserve(len(values))
	for i := range n {
		tx.SetLen(i, copy(tx.Frame(i), []byte{values[i], values[i]}))
	}
	tx.Submit(n)
	return n
}

func TestKernelSends(t *testing.T) {
	q, k := newQueue(t)
	var got []byte
	k.Sent = func(frame []byte) { got = append(got, frame...) }
	for i := byte(0); i < 200; i += 4 { // past the wrap of the indices
		submit(q.TX(), i, i+1, i+2, i+3)
		if res, err := q.TX().Kick(); res != xsk.KickDrained || err != nil {
			t.Fatalf("Kick() = %v, %v, want drained", res, err)
		}
	}
	if len(got) != 400 {
		t.Fatalf("%d bytes sent, want 400", len(got))
	}
	for i := range 200 {
		if got[2*i] != byte(i) || got[2*i+1] != byte(i) {
			t.Fatalf("frame %d = %v", i, got[2*i:2*i+2])
		}
	}
	q.TX().Reap()
	if c := q.TX().Counters(); c.Submitted != 200 || c.Completed != 200 || c.Kicks != 50 {
		t.Errorf("Counters() = %+v, want 200 submitted and completed by 50 kicks", c)
	}
}

// TestKernelFaults plays a kernel that sends half, one that is down, and one that holds on to what it sends.
func TestKernelFaults(t *testing.T) {
	q, k := newQueue(t)
	tx := q.TX()
	submit(tx, 1, 2, 3, 4)
	k.Kicked = func() unix.Errno { k.Send(2); return unix.EAGAIN }
	if res, err := tx.Kick(); res != xsk.KickBackpressure || err != nil || k.Queued() != 2 || k.InFlight() != 2 {
		t.Errorf("Kick() = %v, %v, with %d queued and %d in flight, want back-pressure, 2, 2", res, err, k.Queued(), k.InFlight())
	}
	k.Kicked = func() unix.Errno { return unix.ENETDOWN }
	if res, err := tx.Kick(); res != xsk.KickDown || !errors.Is(err, unix.ENETDOWN) {
		t.Errorf("Kick() = %v, %v, want down", res, err)
	}
	k.Kicked = func() unix.Errno { k.Send(8); return 0 }
	if res, err := tx.Kick(); res != xsk.KickDrained || err != nil {
		t.Errorf("Kick() = %v, %v, want drained", res, err)
	}
	if tx.Reap() != 0 || tx.Pending() != 4 {
		t.Errorf("%d pending, want 4: nothing is complete", tx.Pending())
	}
	if k.Complete(1) != 1 || k.CompleteNewest(9) != 3 || tx.Reap() != 4 || tx.Pending() != 0 {
		t.Errorf("%d pending and %d in flight, want none", tx.Pending(), k.InFlight())
	}
}

func TestKernelDelivers(t *testing.T) {
	q, k := newQueue(t)
	for i := range 8 {
		if !k.Deliver([]byte{byte(i), 1, 2}) {
			t.Fatalf("frame %d was dropped", i)
		}
	}
	if k.Deliver([]byte{8}) {
		t.Error("a ninth frame went into an RX ring of 8")
	}
	rx := q.RX()
	if err := rx.Wait(-1); err != nil {
		t.Fatal(err)
	}
	n := rx.Receive(64)
	for i := range n {
		if !bytes.Equal(rx.Frame(i), []byte{byte(i), 1, 2}) {
			t.Errorf("frame %d = %v", i, rx.Frame(i))
		}
	}
	rx.Release(n)
	if k.Deliver(make([]byte, 2048-256+1)) || !k.Deliver(make([]byte, 2048-256)) {
		t.Error("want frames of up to 1792 bytes delivered, and no longer ones")
	}
}

// TestKernelBeside has the kernel on goroutines of its own.
func TestKernelBeside(t *testing.T) {
	const frames = 20_000
	q, k := newQueue(t)
	k.Kicked = func() unix.Errno { return unix.EAGAIN }
	var wg sync.WaitGroup
	wg.Go(func() {
		next := uint32(0)
		k.Sent = func(b []byte) {
			if got := binary.BigEndian.Uint32(b); got != next {
				t.Errorf("frame %d reads as %d", next, got)
			}
			next++
		}
		for next < frames {
			k.Send(3)
			k.CompleteNewest(2)
			k.Complete(2)
			time.Sleep(0)
		}
		for k.InFlight() > 0 {
			k.Complete(1)
		}
	})
	wg.Go(func() {
		for i := uint32(0); i < frames; {
			if k.Deliver(binary.BigEndian.AppendUint32(nil, i)) {
				i++
			}
		}
	})
	wg.Go(func() {
		for want := uint32(0); want < frames; {
			if err := q.RX().Wait(-1); err != nil {
				t.Error(err)
				return
			}
			n := q.RX().Receive(5)
			for i := range n {
				if got := binary.BigEndian.Uint32(q.RX().Frame(i)); got != want {
					t.Errorf("frame %d reads as %d", want, got)
				}
				want++
			}
			q.RX().Release(n)
		}
	})
	for sent := uint32(0); sent < frames; {
		n := q.TX().Reserve(min(4, int(frames-sent)))
		for i := range n {
			binary.BigEndian.PutUint32(q.TX().Frame(i), sent)
			sent++
		}
		q.TX().Submit(n)
	}
	wg.Wait()
	q.TX().Reap()
	if q.TX().Pending() != 0 {
		t.Errorf("%d frames pending, want 0", q.TX().Pending())
	}
}

func TestNewErrors(t *testing.T) {
	if _, _, err := xsktest.New(xsk.Config{TxSize: 3}); !errors.Is(err, xsk.ErrConfig) {
		t.Errorf("New = %v, want ErrConfig", err)
	}
	q, _, err := xsktest.New(xsk.Config{Direction: xsk.TransmitOnly, Interface: "test0", Queue: 2})
	if err != nil || q.RX() != nil || q.TX() == nil {
		t.Fatalf("New of a sender = %v, %v", q, err)
	}
	if s, err := q.Stats(); s != (xsk.Stats{}) || err != nil {
		t.Errorf("Stats() = %+v, %v, want none", s, err)
	}
	if err := q.Close(); err != nil {
		t.Errorf("Close() = %v", err)
	}
}

// A sender is tested against a kernel that drops the third frame it is given.
func ExampleNew() {
	q, k, err := xsktest.New(xsk.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	k.Kicked = func() unix.Errno {
		k.Send(3)
		k.Complete(3)
		return unix.EBUSY
	}
	tx := q.TX()
	tx.Submit(tx.Reserve(5))
	res, err := tx.Kick()
	fmt.Println(res, err, k.Queued())
	// Output: dropped <nil> 2
}
