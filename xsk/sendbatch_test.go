package xsk

import (
	"bytes"
	"errors"
	"testing"

	"golang.org/x/sys/unix"
)

func TestTxQueueSendBatch(t *testing.T) {
	frames := func(lengths ...int) [][]byte {
		var list [][]byte
		for i, n := range lengths {
			list = append(list, bytes.Repeat([]byte{byte(i + 1)}, n))
		}
		return list
	}
	tests := []struct {
		name   string
		frames [][]byte
		kernel unix.Errno
		want   int
		err    error
	}{
		{name: "nothing"},
		{name: "every length", frames: frames(1, 60, 64), want: 3},
		{name: "an empty frame", frames: frames(10, 0, 10), want: 1, err: ErrFrameLength},
		{name: "a frame that is too long", frames: frames(65), err: ErrFrameLength},
		{name: "an interface that is down", frames: frames(1, 2), kernel: unix.ENETDOWN, want: 2, err: unix.ENETDOWN},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q, _, k := newFake(t, smallTx, 0)
			var got [][]byte
			k.sendCall = func(k *fakeKernel) unix.Errno {
				for d, ok := k.tx.Take(); ok; d, ok = k.tx.Take() {
					got = append(got, bytes.Clone(k.frame(d)))
				}
				return tt.kernel
			}
			n, err := q.SendBatch(tt.frames)
			if n != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("SendBatch = %d, %v, want %d, %v", n, err, tt.want, tt.err)
			}
			if len(got) != n {
				t.Fatalf("%d frames sent, want %d", len(got), n)
			}
			for i := range got {
				if !bytes.Equal(got[i], tt.frames[i]) {
					t.Errorf("frame %d = %x, want %x", i, got[i], tt.frames[i])
				}
			}
		})
	}
}

// TestTxQueueSendBatchFull passes more frames than there is room for.
func TestTxQueueSendBatchFull(t *testing.T) {
	q, _, k := newFake(t, smallTx, 0)
	k.sendCall = func(*fakeKernel) unix.Errno { return unix.EAGAIN }
	frames := make([][]byte, 20)
	for i := range frames {
		frames[i] = []byte{byte(i)}
	}
	if n, err := q.SendBatch(frames); n != 8 || err != nil {
		t.Errorf("SendBatch of 20 into a ring of 8 = %d, %v, want 8, nil", n, err)
	}
	if n, err := q.SendBatch(frames[8:]); n != 0 || err != nil {
		t.Errorf("SendBatch into a full ring = %d, %v, want 0, nil", n, err)
	}
	k.sendCall = take(8, 0)
	if n := testing.AllocsPerRun(100, func() { _, _ = q.SendBatch(frames[:4]) }); n != 0 {
		t.Errorf("SendBatch allocates %v times, want 0", n)
	}
}
