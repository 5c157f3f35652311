package xsk

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// take makes a kick that takes up to n frames, completes them, and returns errno.
func take(n int, errno unix.Errno) func(*fakeKernel) unix.Errno {
	return func(k *fakeKernel) unix.Errno {
		for range n {
			if d, ok := k.tx.Take(); ok {
				k.comp.Put(d.Addr)
			}
		}
		return errno
	}
}

func TestTxQueueKick(t *testing.T) {
	big := Config{TxSize: 1024}
	tests := []struct {
		name      string
		submitted int
		awake     bool // the need_wakeup flag is clear
		zeroCopy  bool
		kernel    func(*fakeKernel) unix.Errno
		want      KickResult
		wantErr   error
		counts    TxCounters // Kicks, Futile, Dropped
	}{
		{name: "nothing to send", want: KickDrained},
		{name: "a driver that is awake", submitted: 4, zeroCopy: true, awake: true, want: KickAwake},
		{name: "all sent", submitted: 4, kernel: take(4, 0), want: KickDrained, counts: TxCounters{Kicks: 1}},
		{name: "all sent, in calls of the budget", submitted: 100, kernel: take(32, unix.EAGAIN), want: KickDrained,
			counts: TxCounters{Kicks: 4}},
		{name: "more than one Kick sends", submitted: 600, kernel: take(32, unix.EAGAIN), want: KickBudget,
			counts: TxCounters{Kicks: 16}},
		{name: "nothing taken is not tried again", submitted: 40, kernel: take(0, unix.EAGAIN), want: KickBackpressure,
			counts: TxCounters{Kicks: 1, Futile: 1}},
		{name: "less than the budget taken is not tried again", submitted: 40, kernel: take(31, unix.EAGAIN),
			want: KickBackpressure, counts: TxCounters{Kicks: 1}},
		{name: "less than all taken, and no reason given", submitted: 40, kernel: take(31, 0), want: KickBackpressure,
			counts: TxCounters{Kicks: 1}},
		{name: "no memory", submitted: 40, kernel: take(3, unix.ENOBUFS), want: KickBackpressure,
			counts: TxCounters{Kicks: 1}},
		{name: "dropped, and the index shows it", submitted: 4, kernel: take(2, unix.EBUSY), want: KickDropped,
			counts: TxCounters{Kicks: 1, Dropped: 1}},
		{name: "dropped, and the index does not show it", submitted: 4, kernel: take(0, unix.EBUSY), want: KickDropped,
			counts: TxCounters{Kicks: 1, Dropped: 1}},
		{name: "down", submitted: 4, kernel: take(0, unix.ENETDOWN), want: KickDown, wantErr: unix.ENETDOWN,
			counts: TxCounters{Kicks: 1, Futile: 1}},
		{name: "gone", submitted: 4, kernel: take(0, unix.ENXIO), want: KickFailed, wantErr: unix.ENXIO,
			counts: TxCounters{Kicks: 1, Futile: 1}},
		{name: "no such transmit queue", submitted: 4, kernel: take(0, 0), want: KickFailed, wantErr: ErrNoTxQueue,
			counts: TxCounters{Kicks: 1, Futile: 1}},
		{name: "zero-copy, woken", submitted: 4, zeroCopy: true, kernel: take(0, 0), want: KickAwake,
			counts: TxCounters{Kicks: 1}},
		{name: "zero-copy, woken and done", submitted: 4, zeroCopy: true, kernel: take(4, 0), want: KickDrained,
			counts: TxCounters{Kicks: 1}},
		{name: "zero-copy, being reconfigured", submitted: 4, zeroCopy: true, kernel: take(0, unix.EAGAIN),
			want: KickBackpressure, counts: TxCounters{Kicks: 1, Futile: 1}},
		{name: "zero-copy drops nothing", submitted: 4, zeroCopy: true, kernel: take(0, unix.EBUSY),
			want: KickBackpressure, counts: TxCounters{Kicks: 1, Futile: 1}},
		{name: "zero-copy without a program", submitted: 4, zeroCopy: true, kernel: take(0, unix.EINVAL),
			want: KickFailed, wantErr: unix.EINVAL, counts: TxCounters{Kicks: 1, Futile: 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q, _, k := newFake(t, big, math.MaxUint32-50)
			k.sendCall = tt.kernel
			k.tx.SetNeedWakeup(!tt.awake)
			q.kernel.zeroCopy = tt.zeroCopy
			if got := sendSeq(q, 0, tt.submitted); got != tt.submitted {
				t.Fatalf("submitted %d, want %d", got, tt.submitted)
			}
			got, err := q.Kick()
			if got != tt.want || !errors.Is(err, tt.wantErr) {
				t.Errorf("Kick() = %v, %v, want %v, %v", got, err, tt.want, tt.wantErr)
			}
			tt.counts.Submitted = uint64(tt.submitted)
			if c := q.Counters(); c != tt.counts {
				t.Errorf("Counters() = %+v, want %+v", c, tt.counts)
			}
		})
	}
}

func TestKickError(t *testing.T) {
	q, _, k := newFake(t, smallTx, 0)
	k.sendCall = take(0, unix.ENETDOWN)
	sendSeq(q, 0, 1)
	_, err := q.Kick()
	if got, want := fmt.Sprint(err), "send on fake queue 0: sendto: network is down"; got != want {
		t.Errorf("Kick error = %q, want %q", got, want)
	}
}

func TestTxQueueDrain(t *testing.T) {
	q, _, k := newFake(t, smallTx, 0)
	sendSeq(q, 0, 8)
	k.sendCall = take(3, unix.EAGAIN)
	if left, err := q.Drain(time.Minute); left != 0 || err != nil {
		t.Errorf("Drain of a kernel that goes on = %d, %v, want 0, nil", left, err)
	}
	sendSeq(q, 0, 8)
	k.sendCall = take(0, unix.EAGAIN)
	if left, err := q.Drain(time.Millisecond); left != 8 || err != nil {
		t.Errorf("Drain of a kernel that is stuck = %d, %v, want 8, nil", left, err)
	}
	k.sendCall = take(0, unix.ENETDOWN)
	if left, err := q.Drain(time.Minute); left != 8 || !errors.Is(err, unix.ENETDOWN) {
		t.Errorf("Drain of an interface that is down = %d, %v, want 8, ENETDOWN", left, err)
	}
}
