package xsk

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

// TestQueueCloseBusy closes one of two queues on one UMEM, again and again, with frames in flight and frames arriving, while
// the other goes on sending: it is not disturbed, and the closed one opens again and works.
func TestQueueCloseBusy(t *testing.T) {
	w := newWire(t, 2, 2)
	far := w.farSocket(t)
	base := Config{RxSize: 256, FillSize: 256, TxSize: 256}
	u, err := NewUmem(UmemConfig{Size: 2 * Config{Ifindex: 1, RxSize: 256, FillSize: 256, TxSize: 256}.UmemBytes()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := u.Close(); err != nil {
			t.Error(err)
		}
	})
	base.Umem = u
	other := base
	other.Queue = 1
	steady := w.open(t, other)
	var stop atomic.Bool
	var wg sync.WaitGroup
	wg.Go(func() {
		steady.TX().Prefill(testFrame(0, 60))
		for !stop.Load() {
			steady.TX().Submit(steady.TX().Reserve(64))
			if _, err := steady.TX().Kick(); err != nil {
				t.Error(err)
				return
			}
		}
	})
	wg.Go(func() {
		for seq := uint64(0); !stop.Load(); seq++ {
			_, _ = unix.Write(far.fd, testFrame(seq, 60))
		}
	})
	redirect := w.redirect(t, link.XDPGenericMode)
	for range 5 {
		q := w.open(t, base)
		redirect(q)
		sendSeq(q.TX(), 0, 256)
		if _, err := q.TX().Kick(); err != nil {
			t.Error(err)
		}
		sendSeq(q.TX(), 0, 64) // which nobody kicks
		if err := q.RX().Wait(5 * time.Second); err != nil {
			t.Error(err)
		}
		if err := q.Close(); err != nil {
			t.Error(err)
		}
	}
	stop.Store(true)
	wg.Wait()
	if left, err := steady.TX().Drain(5 * time.Second); left != 0 || err != nil {
		t.Errorf("Drain() of the other queue = %d, %v, want 0, nil", left, err)
	}
	if free := freeSlots(steady.TX()); len(free) != 256 || len(slices.Compact(slices.Sorted(slices.Values(free)))) != 256 {
		t.Errorf("%d slots of the other queue are free, want 256 different ones", len(free))
	}
}

// TestOpenPrivilege opens a queue without the privilege for raw sockets.
func TestOpenPrivilege(t *testing.T) {
	w := newWire(t, 1, 1)
	dropCapabilities(t, unix.CAP_NET_RAW)
	_, err := Open(Config{Ifindex: w.nearIndex, Interface: nearName})
	if want := "open AF_XDP socket on near0 queue 0: socket: operation not permitted"; !errors.Is(err, unix.EPERM) || err.Error() != want {
		t.Errorf("Open error = %v\n     want %v", err, want)
	}
}

// TestExplainBind holds what is added to the errno of a bind.
func TestExplainBind(t *testing.T) {
	w := newWire(t, 1, 1)
	setMTU(t, w, 3000)
	cfg := Config{Ifindex: w.nearIndex, Bind: BindZeroCopy, FrameSize: 2048}
	tests := []struct {
		name  string
		queue uint32
		errno unix.Errno
		want  string
	}{
		{name: "a driver without zero-copy", errno: unix.EOPNOTSUPP,
			want: "zero-copy required: operation not supported (veth: XDP basic|redirect"},
		{name: "no such queue", queue: 1, errno: unix.EINVAL, want: "(1 receive and 1 transmit queues in use)"},
		{name: "an MTU that is too large", errno: unix.EINVAL,
			want: "(frames of 2048 bytes take an MTU of at most 1766, not 3000)"},
		{name: "another errno", errno: unix.EBUSY, want: "zero-copy required: device or resource busy"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w.enter(t)
			cfg.Queue = tt.queue
			if err := cfg.explainBind(tt.errno); !errors.Is(err, tt.errno) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("explainBind = %v, want %q", err, tt.want)
			}
		})
	}
}
