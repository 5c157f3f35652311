package xsk

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

func TestOpenErrors(t *testing.T) {
	w := newWire(t, 1, 1)
	w.open(t, Config{})
	tests := []struct {
		name    string
		cfg     Config
		want    error
		message string
	}{
		{
			name: "a queue that another socket holds", cfg: Config{Ifindex: w.nearIndex, Interface: nearName}, want: unix.EBUSY,
			message: "open AF_XDP socket on near0 queue 0: bind: device or resource busy",
		},
		{
			name: "no such interface", cfg: Config{Ifindex: 4711}, want: unix.ENODEV,
			message: "open AF_XDP socket on interface 4711 queue 0: bind: no such device",
		},
		{
			name: "no such queue", cfg: Config{Ifindex: w.nearIndex, Interface: nearName, Queue: 1}, want: unix.EINVAL,
			message: "open AF_XDP socket on near0 queue 1: bind: invalid argument (1 receive and 1 transmit queues in use)",
		},
		{
			name: "no zero-copy", cfg: Config{Ifindex: 1, Interface: "lo", Bind: BindZeroCopy}, want: unix.EOPNOTSUPP,
			message: "open AF_XDP socket on lo queue 0: zero-copy required: bind: operation not supported (unnamed driver: XDP none)",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w.enter(t)
			q, err := Open(tt.cfg)
			if q != nil || !errors.Is(err, tt.want) || err.Error() != tt.message {
				t.Errorf("Open error = %v\n     want %v", err, tt.message)
			}
		})
	}
}

// TestOpenInfo holds that what was obtained is reported, and why not more.
func TestOpenInfo(t *testing.T) {
	w := newWire(t, 1, 1)
	for _, tt := range []struct {
		bind    BindMode
		wantErr error
	}{
		{BindAuto, unix.EOPNOTSUPP},
		{BindCopy, nil},
	} {
		t.Run(tt.bind.String(), func(t *testing.T) {
			w.enter(t)
			q := w.open(t, Config{Bind: tt.bind})
			info := q.Info()
			if info.ZeroCopy || !errors.Is(info.ZeroCopyError, tt.wantErr) {
				t.Errorf("Info() = %+v, want copy mode, because of %v", info, tt.wantErr)
			}
			if !info.NeedWakeup || info.TxBudget != 2048 && info.TxBudget != 32 || info.SendBuffer < 2048*1024 {
				t.Errorf("Info() = %+v, want need_wakeup, a budget of 2048 or 32, and room for 2048 frames", info)
			}
			if want := 4096*2048 + 2048*128; info.UmemBytes != want {
				t.Errorf("UmemBytes = %d, want %d", info.UmemBytes, want)
			}
		})
	}
}

// TestQueueReopen closes and opens the same queue again at once, several times, with frames in flight.
func TestQueueReopen(t *testing.T) {
	w := newWire(t, 1, 1)
	for range 5 {
		q := w.open(t, Config{})
		sendSeq(q.TX(), 0, 64)
		if _, err := q.TX().Kick(); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := q.Close(); err != nil {
				t.Fatalf("Close() = %v", err)
			}
		}
		if _, err := q.Stats(); !errors.Is(err, os.ErrClosed) {
			t.Errorf("Stats() after Close = %v, want os.ErrClosed", err)
		}
	}
}

// TestOpenMemlock opens a queue without the privilege to lock memory, under a limit that is too small for it.
func TestOpenMemlock(t *testing.T) {
	w := newWire(t, 1, 1)
	dropCapabilities(t, unix.CAP_IPC_LOCK, unix.CAP_SYS_RESOURCE)
	var lim unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_MEMLOCK, &lim); err != nil {
		t.Fatal(err)
	}
	if lim.Max > 64<<20 {
		t.Skipf("hard limit on locked memory of %d bytes is too large to reach", lim.Max)
	}
	t.Run("too large", func(t *testing.T) {
		cfg := Config{Ifindex: w.nearIndex, Interface: nearName, FillSize: 1 << 15, FrameSize: 4096}
		w.enter(t)
		dropCapabilities(t, unix.CAP_IPC_LOCK, unix.CAP_SYS_RESOURCE)
		_, err := Open(cfg)
		want := fmt.Sprintf("open AF_XDP socket on near0 queue 0: lock UMEM of %d bytes in memory (RLIMIT_MEMLOCK is %d): "+
			"setsockopt: no buffer space available", 1<<15*4096+2048*128, lim.Max)
		if !errors.Is(err, unix.ENOBUFS) || err.Error() != want {
			t.Errorf("Open error = %v\n     want %v", err, want)
		}
	})
	t.Run("within the hard limit", func(t *testing.T) {
		w.enter(t)
		dropCapabilities(t, unix.CAP_IPC_LOCK, unix.CAP_SYS_RESOURCE)
		soft := unix.Rlimit{Cur: 64 << 10, Max: lim.Max}
		if err := unix.Setrlimit(unix.RLIMIT_MEMLOCK, &soft); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = unix.Setrlimit(unix.RLIMIT_MEMLOCK, &lim) })
		w.open(t, Config{FillSize: 256}) // 512 KiB and more: the soft limit must be raised
	})
}

// dropCapabilities takes capabilities from the calling thread, which must be locked and end with the test.
func dropCapabilities(tb testing.TB, caps ...int) {
	tb.Helper()
	hdr := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&hdr, &data[0]); err != nil {
		tb.Fatal(err)
	}
	for _, c := range caps {
		data[c/32].Effective &^= 1 << (c % 32)
		data[c/32].Permitted &^= 1 << (c % 32)
	}
	if err := unix.Capset(&hdr, &data[0]); err != nil {
		tb.Fatal(err)
	}
}
