package xsk

import (
	"math"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// receivePacket delivers a packet of so many frames, each but the last with XDP_PKT_CONTD, of bytes of value.
func receivePacket(t *testing.T, k *fakeKernel, value byte, frames int) {
	t.Helper()
	for i := range frames {
		addr, ok := k.fill.Take()
		if !ok {
			t.Fatal("fill ring is empty")
		}
		d := unix.XDPDesc{Addr: addr + unix.XDP_PACKET_HEADROOM, Len: 10}
		if i+1 < frames {
			d.Options = unix.XDP_PKT_CONTD
		}
		for j := range d.Len {
			k.umem[d.Addr+uint64(j)] = value
		}
		if !k.rx.Put(d) {
			t.Fatal("RX ring is full")
		}
	}
}

// TestRxQueuePackets receives packets of several frames with several limits, over the end of the ring and the wrap.
func TestRxQueuePackets(t *testing.T) {
	tests := []struct {
		name   string
		frames []int // of each packet that waits
		cut    bool  // the last packet's last frame is not there yet
		limit  int
		want   []int // packets that Receive returns
	}{
		{name: "nothing", limit: 8},
		{name: "single frames", frames: []int{1, 1, 1}, limit: 2, want: []int{1, 1}},
		{name: "all of it", frames: []int{1, 3, 2}, limit: 8, want: []int{1, 3, 2}},
		{name: "a limit inside a packet", frames: []int{1, 3, 2}, limit: 3, want: []int{1}},
		{name: "a limit at the end of a packet", frames: []int{1, 3, 2}, limit: 4, want: []int{1, 3}},
		{name: "a first packet longer than the limit", frames: []int{3, 2}, limit: 1, want: []int{3}},
		{name: "a packet that is not whole yet", frames: []int{1, 3}, cut: true, limit: 8, want: []int{1}},
		{name: "nothing whole", frames: []int{3}, cut: true, limit: 8},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, q, k := newFake(t, smallRx, math.MaxUint32-2)
			q.multi = true
			total := 0
			for i, n := range tt.frames {
				receivePacket(t, k, byte(i), n)
				total += n
			}
			if tt.cut {
				k.rx.Producer.Add(math.MaxUint32) // takes the last frame back
			}
			got := q.Receive(tt.limit)
			sum, packets := 0, []int(nil)
			for p := range q.Packets() {
				packets = append(packets, p.Frames())
				sum += p.Frames()
				want := slices.Repeat([]byte{byte(len(packets) - 1)}, 10*p.Frames())
				if b := p.AppendTo(nil); !slices.Equal(b, want) || p.Len() != len(want) || len(p.First()) != 10 {
					t.Errorf("packet %d = %v, Len() = %d, want %v", len(packets)-1, b, p.Len(), want)
				}
			}
			if !slices.Equal(packets, tt.want) || sum != got {
				t.Errorf("Receive(%d) = %d, packets of %v frames, want %v", tt.limit, got, packets, tt.want)
			}
		})
	}
}

// TestRxQueuePacketsStop leaves both iterators early.
func TestRxQueuePacketsStop(t *testing.T) {
	_, q, k := newFake(t, smallRx, 0)
	q.multi = true
	receivePacket(t, k, 1, 2)
	receivePacket(t, k, 2, 2)
	q.Receive(8)
	for p := range q.Packets() {
		for piece := range p.Pieces() {
			if piece[0] != 1 {
				t.Errorf("first piece is of packet %d", piece[0])
			}
			break
		}
		break
	}
}

func TestRxQueuePacketsAllocs(t *testing.T) {
	_, q, k := newFake(t, smallRx, 0)
	q.multi = true
	receivePacket(t, k, 1, 3)
	q.Receive(8)
	n := testing.AllocsPerRun(100, func() {
		for p := range q.Packets() {
			for piece := range p.Pieces() {
				piece[0]++
			}
		}
	})
	if n != 0 {
		t.Errorf("iterating allocates %v times, want 0", n)
	}
}
