package bench

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/xsweep/xsweep/xsk"
)

const (
	receiveBatch = 64
	receiveWait  = 50 * time.Millisecond // and then a look at whether to stop
	xskRing      = 4096
)

// xskReceiver is an AF_XDP socket with an XDP program that gives it all frames of the flood.
type xskReceiver struct {
	*framesProgram
	queue *xsk.Queue
	sum   atomic.Uint64 // of the first bytes of frames, so that each is looked at
}

func openXSK(native bool) func(*receiving) (receiver, error) {
	return func(at *receiving) (_ receiver, err error) {
		r := new(xskReceiver)
		if r.framesProgram, err = newFrames(floodSource, nil); err != nil {
			return nil, err
		}
		if err := at.host.Do(func() error { return r.open(at, native) }); err != nil {
			return nil, errors.Join(err, r.Close())
		}
		return r, nil
	}
}

func (r *xskReceiver) open(at *receiving, native bool) (err error) {
	r.queue, err = xsk.Open(xsk.Config{
		Ifindex: at.end.Ifindex, Interface: at.end.Name, Direction: xsk.ReceiveOnly, RxSize: xskRing, FillSize: 2 * xskRing,
	})
	if err != nil {
		return err
	}
	if err := r.objects.Sockets.Put(uint32(0), uint32(r.queue.RX().FD())); err != nil {
		return fmt.Errorf("give %s to its socket: %w", at.end.Name, err)
	}
	return r.attach(r.objects.Deliver, at.end, native)
}

func (r *xskReceiver) thread() func(*atomic.Bool) error { return r.run }

func (r *xskReceiver) run(stop *atomic.Bool) error {
	rx := r.queue.RX()
	sum := uint64(0)
	for !stop.Load() {
		if err := rx.Wait(receiveWait); err != nil {
			return err
		}
		n := rx.Receive(receiveBatch)
		for i := range n {
			sum += uint64(rx.Frame(i)[0])
		}
		rx.Release(n)
	}
	r.sum.Store(sum)
	return nil
}

func (r *xskReceiver) received() (uint64, error) { return r.queue.RX().Counters().Received, nil }

func (r *xskReceiver) dropped() (uint64, error) {
	n, err := r.queue.Stats()
	return n.RxRingFull + max(n.RxDropped, n.FillRingEmpty), err // copy mode counts one case in both
}

func (r *xskReceiver) Close() error {
	var err error
	if r.queue != nil {
		err = r.queue.Close()
	}
	return errors.Join(r.framesProgram.Close(), err)
}
