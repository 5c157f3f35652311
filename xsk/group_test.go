package xsk

import (
	"errors"
	"slices"
	"testing"

	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

func TestGroupConfigs(t *testing.T) {
	type queue struct {
		number    uint32
		direction Direction
	}
	tests := []struct {
		name      string
		direction Direction
		queues    []uint32
		has       channels
		want      []queue
	}{
		{name: "every queue", has: channels{rx: 2, tx: 2}, want: []queue{{0, Both}, {1, Both}}},
		{name: "fewer to send on", has: channels{rx: 3, tx: 1}, want: []queue{{0, Both}, {1, ReceiveOnly}, {2, ReceiveOnly}}},
		{name: "fewer to receive from", has: channels{rx: 1, tx: 3}, want: []queue{{0, Both}}},
		{name: "every queue to send on", direction: TransmitOnly, has: channels{rx: 1, tx: 2},
			want: []queue{{0, TransmitOnly}, {1, TransmitOnly}}},
		{name: "every queue to receive from", direction: ReceiveOnly, has: channels{rx: 2, tx: 1},
			want: []queue{{0, ReceiveOnly}, {1, ReceiveOnly}}},
		{name: "chosen ones, in their order", queues: []uint32{2, 0}, has: channels{rx: 1, tx: 3},
			want: []queue{{2, TransmitOnly}, {0, Both}}},
		{name: "one there is not, which Open refuses", queues: []uint32{5}, has: channels{rx: 1, tx: 3},
			want: []queue{{5, Both}}},
		{name: "none", queues: []uint32{}, has: channels{rx: 1, tx: 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []queue
			for _, c := range groupConfigs(Config{Direction: tt.direction}, tt.queues, tt.has) {
				got = append(got, queue{c.Queue, c.Direction})
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("groupConfigs = %v, want %v", got, tt.want)
			}
		})
	}
}

// TestGroup opens every queue of an interface and sends on each and receives from each.
func TestGroup(t *testing.T) {
	w := newWire(t, 2, 2)
	far := w.farSocket(t)
	g, err := OpenGroup(GroupConfig{Config: Config{Ifindex: w.nearIndex}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	if len(g.Queues()) != 2 || g.Info()[1].Queue != 1 || g.Info()[0].Interface != nearName {
		t.Fatalf("Info() = %+v, want queues 0 and 1 of %s", g.Info(), nearName)
	}
	w.redirectTo(t, link.XDPGenericMode, g.Queues()...)
	for i, q := range g.Queues() {
		sendAll(t, q.TX(), 100, 60)
		for seq := range uint64(100) {
			if got, want := far.read(t), testFrame(seq, 60); !slices.Equal(got, want) {
				t.Fatalf("queue %d, frame %d on the wire:\n got %x\nwant %x", i, seq, got, want)
			}
		}
	}
	// Which queue a frame reaches is the sender's choice on veth: all queues together must see all frames.
	const frames = 100
	for seq := range uint64(frames) {
		far.write(t, testFrame(seq, 60))
	}
	if seen := receiveDistinct(t, g.Queues(), frames); seen != frames {
		t.Errorf("%d different frames received, want %d", seen, frames)
	}
	tx, rx := g.Counters()
	if tx.Submitted != 200 || tx.Completed != 200 || rx.Received < frames {
		t.Errorf("Counters() = %+v, %+v, want 200 sent, and at least %d received", tx, rx, frames)
	}
	if c := tx.CallsPerFrame(); c <= 0 || c > 1 || (TxCounters{}).CallsPerFrame() != 0 {
		t.Errorf("CallsPerFrame() = %v of %+v, want at most 1, and 0 of none", c, tx)
	}
	if n := testing.AllocsPerRun(100, func() { g.Counters() }); n != 0 {
		t.Errorf("Counters allocates %v times, want 0", n)
	}
	if _, err := g.Stats(); err != nil {
		t.Errorf("Stats() = %v", err)
	}
}

// TestGroupAllOrNone opens a group one of whose queues is taken: the others must be free again.
func TestGroupAllOrNone(t *testing.T) {
	w := newWire(t, 2, 2)
	taken := w.open(t, Config{Queue: 1})
	g, err := OpenGroup(GroupConfig{Config: Config{Ifindex: w.nearIndex}})
	if g != nil || !errors.Is(err, unix.EBUSY) {
		t.Fatalf("OpenGroup = %v, %v, want EBUSY", g, err)
	}
	if err := taken.Close(); err != nil {
		t.Fatal(err)
	}
	g, err = OpenGroup(GroupConfig{Config: Config{Ifindex: w.nearIndex}, Queues: []uint32{1, 0}})
	if err != nil {
		t.Fatal(err)
	}
	if g.Info()[0].Queue != 1 || g.Info()[1].Queue != 0 {
		t.Errorf("Info() = %+v, want queues 1 and 0", g.Info())
	}
	if err := errors.Join(g.Close(), g.Close()); err != nil {
		t.Errorf("Close() twice = %v", err)
	}
}

func TestOpenGroupErrors(t *testing.T) {
	newWire(t, 1, 1)
	if _, err := OpenGroup(GroupConfig{Config: Config{Ifindex: 4711, Interface: "gone0"}}); !errors.Is(err, unix.ENODEV) {
		t.Errorf("OpenGroup of no interface: %v, want ENODEV", err)
	}
	if _, err := OpenGroup(GroupConfig{}); !errors.Is(err, ErrConfig) {
		t.Errorf("OpenGroup of nothing: %v, want ErrConfig", err)
	}
}
