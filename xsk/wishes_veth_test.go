package xsk

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

// TestQueueMultiBuffer receives packets longer than a frame, between others that are not, in native mode.
func TestQueueMultiBuffer(t *testing.T) {
	w := newWire(t, 1, 1)
	setMTU(t, w, 3000)
	far := w.farSocket(t)
	q := w.open(t, Config{RxSize: 64, FillSize: 64, MultiBuffer: Prefer})
	if !q.Info().MultiBuffer {
		t.Skip("kernel has no multi-buffer: ", q.Info())
	}
	w.redirectTo(t, link.XDPDriverMode, q)
	lengths := []int{60, 3000, 1792, 1793, 100, 3014}
	for i, n := range lengths {
		far.write(t, testFrame(uint64(i), n))
	}
	rx, at := q.RX(), 0
	poll(func() bool {
		n := rx.Receive(1) // which has to return a packet of two frames all the same
		for p := range rx.Packets() {
			if b := p.First(); b[12] != etherType>>8 || b[13] != etherType&0xff {
				continue
			}
			got, want := p.AppendTo(nil), testFrame(uint64(at), lengths[at])
			if !bytes.Equal(got, want) || p.Len() != len(want) {
				t.Fatalf("packet %d of %d frames and %d bytes:\n got %x\nwant %x", at, p.Frames(), p.Len(), got, want)
			}
			if frames := (len(want) + 1791) / 1792; p.Frames() != frames {
				t.Errorf("packet %d of %d bytes is %d frames, want %d", at, len(want), p.Frames(), frames)
			}
			at++
		}
		rx.Release(n)
		return at == len(lengths)
	})
	if at != len(lengths) {
		s, _ := q.Stats()
		t.Errorf("%d packets received, want %d; %+v", at, len(lengths), s)
	}
}

// setMTU sets the MTU of both ends.
func setMTU(t *testing.T, w *wire, mtu int) {
	t.Helper()
	near, err1 := w.nearLink.LinkByIndex(w.nearIndex)
	far, err2 := w.farLink.LinkByIndex(w.farIndex)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.nearLink.LinkSetMTU(near, mtu), w.farLink.LinkSetMTU(far, mtu)); err != nil {
		t.Fatal(err)
	}
}

// TestQueueRequestChecksum has the kernel fill in a checksum, and reads at the far end what it is.
func TestQueueRequestChecksum(t *testing.T) {
	const start, offset, length = 34, 6, 100 // where UDP would have it
	w := newWire(t, 1, 1)
	far := w.farSocket(t)
	q := w.open(t, Config{TxSize: 64, TxMetadata: Prefer, SoftwareChecksum: true})
	if !q.Info().TxMetadata {
		t.Skip("kernel has no TX metadata: ", q.Info())
	}
	tx := q.TX()
	if tx.FrameSize() != 128-24 {
		t.Fatalf("FrameSize() = %d, want 104", tx.FrameSize())
	}
	for seq := range uint64(200) { // each slot more than once, every second frame without a request
		if tx.Reserve(1) != 1 {
			t.Fatal("no slot")
		}
		want := testFrame(seq, length)
		binary.BigEndian.PutUint16(want[start+offset:], 0x1234) // as if it were the sum of the pseudo-header
		tx.SetLen(0, copy(tx.Frame(0), want))
		if seq%2 == 0 {
			if !tx.RequestChecksum(0, start, offset) {
				t.Fatal("RequestChecksum = false")
			}
			binary.BigEndian.PutUint16(want[start+offset:], internetChecksum(want[start:]))
		}
		tx.Submit(1)
		if left, err := tx.Drain(5 * time.Second); left != 0 || err != nil {
			t.Fatalf("Drain() = %d, %v", left, err)
		}
		if got := far.read(t); !slices.Equal(got, want) {
			t.Fatalf("frame %d on the wire:\n got %x\nwant %x", seq, got, want)
		}
	}
	if s, err := q.Stats(); err != nil || s.TxInvalid != 0 {
		t.Errorf("Stats() = %+v, %v, want no invalid descriptor", s, err)
	}
}

// internetChecksum is the one of RFC 1071.
func internetChecksum(b []byte) uint16 {
	var sum uint32
	for i := 0; i+1 < len(b); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	return ^uint16(sum)
}

// TestQueueBusyPoll sends and receives by busy polling.
func TestQueueBusyPoll(t *testing.T) {
	w := newWire(t, 1, 1)
	far := w.farSocket(t)
	q := w.open(t, Config{RxSize: 256, BusyPoll: BusyPoll{Want: Prefer}})
	if !q.Info().BusyPoll {
		t.Skip("no busy polling: ", q.Info())
	}
	w.redirectTo(t, link.XDPDriverMode, q)
	if err := q.RX().Wait(time.Millisecond); err != nil {
		t.Errorf("Wait(1ms) with nothing to come = %v, want nil", err)
	}
	exchange(t, []*Queue{q}, far)
}

// TestQueueNoNeedWakeup sends and receives without the kernel saying when it must be called.
func TestQueueNoNeedWakeup(t *testing.T) {
	w := newWire(t, 1, 1)
	far := w.farSocket(t)
	q := w.open(t, Config{NeedWakeup: Avoid})
	if q.Info().NeedWakeup {
		t.Errorf("Info() = %v, want no need_wakeup", q.Info())
	}
	w.redirectTo(t, link.XDPGenericMode, q)
	exchange(t, []*Queue{q}, far)
}

// TestQueueHugePages works with them where some are reserved, and says so where none are.
func TestQueueHugePages(t *testing.T) {
	w := newWire(t, 1, 1)
	far := w.farSocket(t)
	q := w.open(t, Config{HugePages: Prefer})
	w.redirectTo(t, link.XDPGenericMode, q)
	exchange(t, []*Queue{q}, far)
	info := q.Info()
	if info.HugePages == (len(info.Refused) > 0 && info.Refused[0].Tried == "huge pages") {
		t.Errorf("Info() = %v, want huge pages or that they were refused", info)
	}
	if info.HugePages {
		return
	}
	_, err := Open(Config{Ifindex: w.nearIndex, HugePages: Require})
	if !errors.Is(err, unix.ENOMEM) || !strings.Contains(err.Error(), "vm.nr_hugepages") {
		t.Errorf("Open that requires huge pages = %v, want ENOMEM and the way out", err)
	}
}

// TestQueueBusyPollRequired asks for it without the privilege.
func TestQueueBusyPollRequired(t *testing.T) {
	w := newWire(t, 1, 1)
	dropCapabilities(t, unix.CAP_NET_ADMIN)
	_, err := Open(Config{Ifindex: w.nearIndex, BusyPoll: BusyPoll{Want: Require}})
	if !errors.Is(err, unix.EPERM) || !strings.Contains(err.Error(), "busy polling required") {
		t.Errorf("Open = %v, want EPERM for busy polling", err)
	}
	q := w.open(t, Config{BusyPoll: BusyPoll{Want: Prefer}})
	if last := q.Info().Refused; len(last) == 0 || last[len(last)-1].Tried != "busy polling" {
		t.Errorf("Info() = %v, want busy polling refused", q.Info())
	}
}

func TestInfoString(t *testing.T) {
	i := Info{Ifindex: 3, Queue: 1, TxBudget: 32, NeedWakeup: true, TxMetadata: true, SharedUmem: true,
		Refused: []Attempt{{"zero-copy", unix.EOPNOTSUPP}, {"huge pages", unix.ENOMEM}}}
	want := "interface 3 queue 1: copy mode, 32 frames a call, need_wakeup, TX metadata, shared UMEM; " +
		"refused: zero-copy: operation not supported, huge pages: cannot allocate memory"
	if got := i.String(); got != want {
		t.Errorf("String() = %q\n         want %q", got, want)
	}
	i = Info{Interface: "eth0", Direction: ReceiveOnly, ZeroCopy: true, MultiBuffer: true, BusyPoll: true, HugePages: true}
	if got, want := i.String(), "eth0 queue 0: zero-copy, multi-buffer, busy polling, huge pages"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
}
