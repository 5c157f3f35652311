package xsktest

import (
	"math"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/xsk"
	"github.com/xsweep/xsweep/xsk/internal/kernelside"
)

// start is where the ring indices of a Queue begin: close enough to 2^32 for every test to see them wrap.
const start = math.MaxUint32 - 100

// Kernel is the far side of one Queue. The methods that send may be called by one goroutine, and those that deliver by
// one, at the same time as the Queue's two owners. Kick runs Kicked on the goroutine of the TxQueue's owner.
type Kernel struct {
	// Kicked is what the system call to send does, and returns. nil is: send all, complete all, return 0.
	Kicked func() unix.Errno

	// Sent, if it is not nil, is called with each frame that is sent. The frame is valid during the call.
	Sent func(frame []byte)

	umem []byte
	room int // bytes of a frame of the UMEM behind the headroom
	fill kernelside.Ring[uint64]
	comp kernelside.Ring[uint64]
	rx   kernelside.Ring[unix.XDPDesc]
	tx   kernelside.Ring[unix.XDPDesc]

	inFlight []uint64 // addresses of the frames sent and not completed, the oldest first
	spare    []uint64 // frames taken from the fill ring for which the RX ring had no room
}

// New makes a Queue as cfg describes, in copy mode, and the kernel behind it. cfg needs no Ifindex. The error wraps
// xsk.ErrConfig.
func New(cfg xsk.Config) (*xsk.Queue, *Kernel, error) {
	k := &Kernel{}
	q, m, err := xsk.OpenMemory(cfg, start, k.kicked)
	if err != nil {
		return nil, nil, err
	}
	k.umem = m.Umem
	k.room = m.FrameSize - unix.XDP_PACKET_HEADROOM
	k.fill = kernelside.View[uint64](m.Fill, m.Layout)
	k.comp = kernelside.View[uint64](m.Completion, m.Layout)
	k.rx = kernelside.View[unix.XDPDesc](m.RX, m.Layout)
	k.tx = kernelside.View[unix.XDPDesc](m.TX, m.Layout)
	k.inFlight = make([]uint64, 0, len(k.comp.Slots))
	return q, k, nil
}

// kicked is the system call to send.
func (k *Kernel) kicked() unix.Errno {
	if k.Kicked != nil {
		return k.Kicked()
	}
	k.SendAll()
	return 0
}

// Queued returns how many submitted frames have not been sent.
func (k *Kernel) Queued() int { return k.tx.Len() }

// InFlight returns how many frames have been sent and not completed.
func (k *Kernel) InFlight() int { return len(k.inFlight) }

// Send sends up to n of the frames submitted, without completing them, and returns how many it sent.
func (k *Kernel) Send(n int) (sent int) {
	for ; sent < n; sent++ {
		d, ok := k.tx.Take()
		if !ok {
			break
		}
		if k.Sent != nil {
			k.Sent(k.umem[d.Addr : d.Addr+uint64(d.Len)])
		}
		k.inFlight = append(k.inFlight, d.Addr)
	}
	return sent
}

// Complete gives back up to n of the frames in flight, the oldest first, and returns how many.
func (k *Kernel) Complete(n int) (completed int) {
	for completed < min(n, len(k.inFlight)) && k.comp.Put(k.inFlight[completed]) {
		completed++
	}
	k.inFlight = append(k.inFlight[:0], k.inFlight[completed:]...)
	return completed
}

// CompleteNewest is Complete in the opposite order, as drivers with several rings of their own may do.
func (k *Kernel) CompleteNewest(n int) (completed int) {
	for ; completed < n && len(k.inFlight) > 0; completed++ {
		last := len(k.inFlight) - 1
		if !k.comp.Put(k.inFlight[last]) {
			break
		}
		k.inFlight = k.inFlight[:last]
	}
	return completed
}

// SendAll sends and completes all frames submitted, with one store to each ring for all of them, so that a benchmark
// measures the sender and not this, and returns how many.
func (k *Kernel) SendAll() int {
	c, p := k.tx.Consumer.Load(), k.comp.Producer.Load()
	n := k.tx.Producer.Load() - c
	txMask, compMask := uint32(len(k.tx.Slots)-1), uint32(len(k.comp.Slots)-1)
	n = min(n, uint32(len(k.comp.Slots))-(p-k.comp.Consumer.Load()))
	for i := range n {
		d := k.tx.Slots[(c+i)&txMask]
		if k.Sent != nil {
			k.Sent(k.umem[d.Addr : d.Addr+uint64(d.Len)])
		}
		k.comp.Slots[(p+i)&compMask] = d.Addr
	}
	k.tx.Consumer.Store(c + n)
	k.comp.Producer.Store(p + n)
	return int(n)
}

// Deliver has a frame arrive, as copy mode does it. It reports false if the frame was dropped: it is longer than a frame
// of the UMEM holds behind the kernel's headroom, the fill ring is empty, or the RX ring full.
func (k *Kernel) Deliver(frame []byte) bool {
	addr, ok := k.takeFree()
	if !ok {
		return false
	}
	at := addr + unix.XDP_PACKET_HEADROOM
	if len(frame) > k.room {
		k.spare = append(k.spare, addr)
		return false
	}
	copy(k.umem[at:], frame)
	if !k.rx.Put(unix.XDPDesc{Addr: at, Len: uint32(len(frame))}) {
		k.spare = append(k.spare, addr)
		return false
	}
	return true
}

// takeFree returns a frame to receive into.
func (k *Kernel) takeFree() (addr uint64, ok bool) {
	if n := len(k.spare); n > 0 {
		addr, k.spare = k.spare[n-1], k.spare[:n-1]
		return addr, true
	}
	return k.fill.Take()
}
