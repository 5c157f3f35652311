package xsk

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cilium/ebpf/link"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// TestQueues sends and receives on one, two and four queues, each on a UMEM of its own or all on one, under generic and
// native XDP.
func TestQueues(t *testing.T) {
	for _, queues := range []int{1, 2, 4} {
		for _, share := range []bool{false, true} {
			for name, flags := range map[string]link.XDPAttachFlags{"generic": link.XDPGenericMode, "native": link.XDPDriverMode} {
				t.Run(fmt.Sprintf("queues=%d,share=%v,mode=%s", queues, share, name), func(t *testing.T) {
					w := newWire(t, queues, queues)
					far := w.farSocket(t)
					g, err := OpenGroup(GroupConfig{
						Config:    Config{Ifindex: w.nearIndex, RxSize: 256, FillSize: 512, TxSize: 256},
						ShareUmem: share,
					})
					if err != nil {
						t.Fatal(err)
					}
					t.Cleanup(func() {
						if err := g.Close(); err != nil {
							t.Error(err)
						}
					})
					w.redirectTo(t, flags, g.Queues()...)
					exchange(t, g.Queues(), far)
				})
			}
		}
	}
}

// exchange sends 300 frames on each queue and reads them at the far end, then has 200 frames come, and finds all of them.
func exchange(t *testing.T, queues []*Queue, far packetSocket) {
	t.Helper()
	for i, q := range queues {
		sendAll(t, q.TX(), 300, 60)
		for seq := range uint64(300) {
			if got, want := far.read(t), testFrame(seq, 60); !slices.Equal(got, want) {
				t.Fatalf("queue %d, frame %d on the wire:\n got %x\nwant %x", i, seq, got, want)
			}
		}
	}
	for seq := range uint64(200) {
		far.write(t, testFrame(seq, 60))
	}
	if seen := receiveDistinct(t, queues, 200); seen != 200 {
		t.Errorf("%d different frames received, want 200", seen)
	}
}

// TestUmemShared opens queues of two interfaces on one UMEM, closes the one that registered it, and opens another.
func TestUmemShared(t *testing.T) {
	w := newWire(t, 2, 2)
	far := w.farSocket(t)
	second := netlink.NewVeth(netlink.LinkAttrs{Name: "near1", TxQLen: -1})
	second.PeerName = "near1peer"
	if err := w.nearLink.LinkAdd(second); err != nil {
		t.Fatal(err)
	}
	index := w.up(t, w.nearLink, "near1")
	small := Config{RxSize: 256, FillSize: 256, TxSize: 64}
	bytes := Config{Ifindex: 1, RxSize: 256, FillSize: 256, TxSize: 64}.UmemBytes()
	u, err := NewUmem(UmemConfig{Size: 3 * bytes})
	if err != nil {
		t.Fatal(err)
	}
	small.Umem = u
	first := w.open(t, small)
	small.Queue = 1
	other := w.open(t, small)
	elsewhere, err := Open(Config{Ifindex: index, Interface: "near1", RxSize: 256, FillSize: 256, TxSize: 64, Umem: u})
	if err != nil {
		t.Fatal(err)
	}
	if !elsewhere.Info().SharedUmem || elsewhere.Info().UmemBytes != bytes {
		t.Errorf("Info() = %+v, want a shared UMEM, and %d bytes of it", elsewhere.Info(), bytes)
	}

	small.Queue = 0
	small.Ifindex, small.Interface = w.nearIndex, nearName
	if _, err := Open(small); !errors.Is(err, unix.EBUSY) || !strings.Contains(err.Error(), "open on this UMEM already") {
		t.Errorf("Open of a queue that is open = %v, want EBUSY", err)
	}
	if err := u.Close(); !errors.Is(err, unix.EBUSY) || !strings.Contains(err.Error(), "3 queues are open") {
		t.Errorf("Close() of a UMEM in use = %v, want EBUSY", err)
	}
	if err := elsewhere.Close(); err != nil {
		t.Error(err)
	}
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	again := w.open(t, small) // shares with other, on the part that first gave back
	w.redirectTo(t, link.XDPGenericMode, again, other)
	exchange(t, []*Queue{again, other}, far)

	for _, q := range []*Queue{again, other} {
		if err := q.Close(); err != nil {
			t.Error(err)
		}
	}
	if len(u.free) != 1 || u.free[0] != (region{0, uint64(u.Size())}) {
		t.Errorf("free parts are %v after all queues are closed, want the whole", u.free)
	}
	alone := w.open(t, small) // registers anew
	sendAll(t, alone.TX(), 100, 60)
	if err := alone.Close(); err != nil {
		t.Error(err)
	}
	if err := u.Close(); err != nil {
		t.Errorf("Close() of a UMEM out of use = %v", err)
	}
	if _, err := Open(small); err == nil {
		t.Error("Open on a UMEM that is closed succeeded")
	}
}

// TestUmemDemands asks more of a shared UMEM than the queues on it have.
func TestUmemDemands(t *testing.T) {
	w := newWire(t, 2, 2)
	u, err := NewUmem(UmemConfig{Size: 8 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { u.Close() })
	base := Config{RxSize: 64, FillSize: 64, TxSize: 64, Umem: u, NeedWakeup: Avoid}
	w.open(t, base)
	tests := []struct {
		name   string
		change func(*Config)
		want   error
		text   string
	}{
		{"zero-copy", func(c *Config) { c.Bind = BindZeroCopy }, ErrConfig, "zero-copy is required"},
		{"need_wakeup", func(c *Config) { c.NeedWakeup = Require }, ErrConfig, "need_wakeup is required"},
		{"multi-buffer", func(c *Config) { c.MultiBuffer = Require }, ErrConfig, "multi-buffer is required"},
		{"TX metadata", func(c *Config) { c.TxMetadata = Require }, ErrConfig, "TX metadata is required"},
		{"huge pages", func(c *Config) { c.HugePages = Require }, ErrConfig, "huge pages are required"},
		{"other frames", func(c *Config) { c.FrameSize = 4096 }, ErrConfig, "that of the UMEM is 2048"},
		{"more than is left", func(c *Config) { c.FillSize = 1 << 14 }, unix.ENOMEM, "bytes left in one piece"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w.enter(t)
			c := base
			c.Ifindex, c.Interface, c.Queue = w.nearIndex, nearName, 1
			tt.change(&c)
			if q, err := Open(c); q != nil || !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("Open error = %v, want %v and %q", err, tt.want, tt.text)
			}
		})
	}
}

// receiveDistinct receives on all queues until so many different test frames have come, or five seconds have passed.
func receiveDistinct(t *testing.T, queues []*Queue, want int) int {
	t.Helper()
	seen := map[uint64]bool{}
	poll(func() bool {
		for _, q := range queues {
			n := q.RX().Receive(64)
			for i := range n {
				if b := q.RX().Frame(i); len(b) == 60 && b[12] == etherType>>8 {
					seen[frameSeq(t, b[14:], 46)] = true
				}
			}
			q.RX().Release(n)
		}
		return len(seen) >= want
	})
	return len(seen)
}
