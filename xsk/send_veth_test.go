package xsk

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// sendAll sends n frames of the given length, numbered from 0, and waits for their completion.
func sendAll(tb testing.TB, q *TxQueue, n uint64, length int) {
	tb.Helper()
	for seq := uint64(0); seq < n; {
		got := q.Reserve(int(min(64, n-seq)))
		for i := range got {
			q.SetLen(i, copy(q.Frame(i), testFrame(seq, length)))
			seq++
		}
		q.Submit(got)
		res, err := q.Kick()
		if err != nil {
			tb.Fatal(err)
		}
		if res == KickBackpressure || res == KickDropped {
			time.Sleep(100 * time.Microsecond)
		}
	}
	if left, err := q.Drain(5 * time.Second); left != 0 || err != nil {
		tb.Fatalf("Drain() = %d, %v, want 0, nil", left, err)
	}
}

// TestQueueSend sends far more frames than a ring holds, and reads each off the far end, byte for byte.
func TestQueueSend(t *testing.T) {
	const frames, length = 10_000, 60
	for _, queues := range []int{1, 2} {
		t.Run(fmt.Sprintf("queues=%d", queues), func(t *testing.T) {
			w := newWire(t, queues, queues)
			far := w.farSocket(t)
			for i := range queues {
				q := w.open(t, Config{Queue: uint32(i), TxSize: 512})
				sendAll(t, q.TX(), frames, length)
				for seq := range uint64(frames) {
					if got, want := far.read(t), testFrame(seq, length); !slices.Equal(got, want) {
						t.Fatalf("queue %d, frame %d on the wire:\n got %x\nwant %x", i, seq, got, want)
					}
				}
				if c := q.TX().Counters(); c.Submitted != frames || c.Completed != frames || c.Dropped != 0 {
					t.Errorf("queue %d: Counters() = %+v, want %d submitted and completed, none dropped", i, c, frames)
				}
				if s, err := q.Stats(); err != nil || s.TxInvalid != 0 {
					t.Errorf("queue %d: Stats() = %+v, %v, want no invalid descriptor", i, s, err)
				}
			}
		})
	}
}

// TestQueueSendAccount sends at full speed on two queues at once: every frame arrives or is counted as dropped.
func TestQueueSendAccount(t *testing.T) {
	const frames, queues, batch = 50_000, 2, 64
	w := newWire(t, queues, queues)
	count := w.countAtFar(t)
	var wg sync.WaitGroup
	var txs [queues]*TxQueue
	for i := range queues {
		txs[i] = w.open(t, Config{Queue: uint32(i), Direction: TransmitOnly, Bind: BindCopy}).TX()
		txs[i].Prefill(testFrame(0, 60))
	}
	before := count()
	for _, tx := range txs {
		wg.Go(func() {
			for sent := 0; sent < frames && !t.Failed(); {
				n := tx.Reserve(min(batch, frames-sent))
				tx.Submit(n)
				sent += n
				if _, err := tx.Kick(); err != nil {
					t.Error(err)
				}
			}
			if left, err := tx.Drain(10 * time.Second); left != 0 || err != nil {
				t.Errorf("Drain() = %d, %v, want 0, nil", left, err)
			}
		})
	}
	wg.Wait()
	want := uint64(0)
	for i, tx := range txs {
		c := tx.Counters()
		if c.Submitted != frames || c.Completed != frames {
			t.Errorf("queue %d: Counters() = %+v, want %d submitted and completed", i, c, frames)
		}
		want += c.Submitted - c.Dropped
	}
	if got := count() - before; got != want {
		t.Errorf("%d frames arrived, want %d: those submitted and not dropped", got, want)
	}
}

// TestQueueSendSizes sends the shortest and the longest frame of several slot sizes.
func TestQueueSendSizes(t *testing.T) {
	w := newWire(t, 1, 1)
	far := w.farSocket(t)
	for _, tt := range []struct {
		name            string
		frame, slotSize uint32
		direction       Direction
		length          int
	}{
		{name: "a header alone", length: 14},
		{name: "a slot of 64", slotSize: 64, length: 64},
		{name: "the default slot", length: 128},
		{name: "a whole chunk of 2048", slotSize: 2048, length: 1514},
		{name: "a whole chunk of 4096", frame: 4096, slotSize: 4096, length: 1514},
		{name: "transmit only", direction: TransmitOnly, length: 60},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w.enter(t)
			q := w.open(t, Config{FrameSize: tt.frame, TxSlotSize: tt.slotSize, Direction: tt.direction})
			sendAll(t, q.TX(), 100, tt.length)
			for seq := range uint64(100) {
				if got, want := far.read(t), testFrame(seq, tt.length); !slices.Equal(got, want) {
					t.Fatalf("frame %d on the wire:\n got %x\nwant %x", seq, got, want)
				}
			}
		})
	}
}

// TestQueueDown takes the interface down between two sends, and up again.
func TestQueueDown(t *testing.T) {
	w := newWire(t, 1, 1)
	far := w.farSocket(t)
	q := w.open(t, Config{})
	sendAll(t, q.TX(), 10, 60)
	w.nearDown(t)
	sendSeq(q.TX(), 0, 1)
	res, err := q.TX().Kick()
	if res != KickDown || !errors.Is(err, unix.ENETDOWN) {
		t.Fatalf("Kick() on an interface that is down = %v, %v, want down, ENETDOWN", res, err)
	}
	if err := q.RX().Wait(10 * time.Millisecond); err != nil {
		t.Errorf("Wait on an interface that is down = %v, want nil", err)
	}
	w.up(t, w.nearLink, nearName)
	if left, err := q.TX().Drain(5 * time.Second); left != 0 || err != nil {
		t.Errorf("Drain() after the interface came up = %d, %v, want 0, nil", left, err)
	}
	for seq := range uint64(10) {
		if got, want := far.read(t), testFrame(seq, 60); !slices.Equal(got, want) {
			t.Fatalf("frame %d on the wire:\n got %x\nwant %x", seq, got, want)
		}
	}
}

// TestQueueGone deletes the interface under an open queue.
func TestQueueGone(t *testing.T) {
	w := newWire(t, 1, 1)
	q := w.open(t, Config{})
	l, err := w.nearLink.LinkByIndex(w.nearIndex)
	if err == nil {
		err = w.nearLink.LinkDel(l)
	}
	if err != nil {
		t.Fatal(err)
	}
	sendSeq(q.TX(), 0, 1)
	if res, err := q.TX().Kick(); res != KickFailed || !errors.Is(err, unix.ENXIO) {
		t.Errorf("Kick() on an interface that is gone = %v, %v, want failed, ENXIO", res, err)
	}
}

// TestQueueDropped sends to an interface that has no peer any more to receive: each frame is dropped and counted.
func TestQueueDropped(t *testing.T) {
	w := newWire(t, 1, 1)
	q := w.open(t, Config{})
	l, err := w.farLink.LinkByIndex(w.farIndex)
	if err == nil {
		err = w.farLink.LinkSetDown(l)
	}
	if err != nil {
		t.Fatal(err)
	}
	const frames = 40
	sendSeq(q.TX(), 0, frames)
	switch res, err := q.TX().Kick(); {
	case res == KickDrained:
		t.Skip("veth of this kernel does not tell the sender that it drops")
	case res != KickDropped || err != nil:
		t.Fatalf("Kick() = %v, %v, want dropped", res, err)
	}
	if left, err := q.TX().Drain(5 * time.Second); left != 0 || err != nil {
		t.Errorf("Drain() = %d, %v, want 0, nil", left, err)
	}
	if c := q.TX().Counters(); c.Dropped != frames {
		t.Errorf("Counters() = %+v, want %d dropped", c, frames)
	}
}

// TestQueueDroppedAgain goes on while the far end is down, and has what is dropped sent again: when the far end is up,
// every frame arrives, once.
func TestQueueDroppedAgain(t *testing.T) {
	w := newWire(t, 1, 1)
	q := w.open(t, Config{})
	l, err := w.farLink.LinkByIndex(w.farIndex)
	if err == nil {
		err = w.farLink.LinkSetDown(l)
	}
	if err != nil {
		t.Fatal(err)
	}
	const frames, length = 40, 60
	for seq := range uint64(frames) {
		q.TX().Reserve(1)
		q.TX().SetLen(0, copy(q.TX().Frame(0), testFrame(seq, length)))
		q.TX().Submit(1)
		if res, err := q.TX().Kick(); res != KickDropped || err != nil {
			t.Skipf("veth of this kernel does not tell the sender that it drops: %v, %v", res, err)
		}
		if !q.TX().Again() {
			t.Fatal("no room to send a frame again")
		}
	}
	w.up(t, w.farLink, "far0")
	far := w.farSocket(t)
	for q.TX().Queued() > 0 {
		if res, err := q.TX().Kick(); err != nil || res == KickDropped && !q.TX().Again() {
			t.Fatal(res, err)
		}
	}
	left := make(map[string]bool)
	for seq := range uint64(frames) {
		left[string(testFrame(seq, length))] = true
	}
	for range frames {
		got := far.read(t)
		if !left[string(got)] {
			t.Fatalf("a frame is missing, or this one came twice: %x; %d were to come", got, len(left))
		}
		delete(left, string(got))
	}
}

// TestQueueNoTransmitQueue sends on a queue that the interface only receives on.
func TestQueueNoTransmitQueue(t *testing.T) {
	w := newWire(t, 1, 2)
	q := w.open(t, Config{Queue: 1})
	sendSeq(q.TX(), 0, 1)
	if res, err := q.TX().Kick(); res != KickFailed || !errors.Is(err, ErrNoTxQueue) {
		t.Errorf("Kick() = %v, %v, want failed, ErrNoTxQueue", res, err)
	}
}
