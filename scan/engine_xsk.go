package scan

import (
	"time"

	"github.com/xsweep/xsweep/packet"
	"github.com/xsweep/xsweep/xsk"
)

// xskEngine writes frames into the UMEM of an AF_XDP socket and rings its transmit ring.
type xskEngine struct {
	tx      *xsk.TxQueue
	syn     *packet.Template
	rst     *packet.Template
	nextHop func(addr uint32) (mac [6]byte, ok bool) // of each target, on a link without a gateway; else nil
}

func (e *xskEngine) send(probes []packet.Probe) (int, error) { return e.transmit(e.syn, probes) }
func (e *xskEngine) reset(conns []packet.Probe) (int, error) { return e.transmit(e.rst, conns) }
func (e *xskEngine) dropped() uint64                         { return e.tx.Counters().Dropped }

func (e *xskEngine) transmit(t *packet.Template, probes []packet.Probe) (int, error) {
	n := e.tx.Reserve(len(probes))
	for i := range n {
		frame := e.tx.Frame(i)
		e.tx.SetLen(i, t.Put(frame, &probes[i]))
		if e.nextHop != nil {
			if mac, ok := e.nextHop(probes[i].Dst); ok {
				copy(frame, mac[:])
			}
		}
	}
	e.tx.Submit(n)
	_, err := e.tx.Kick()
	return n, err
}

func (e *xskEngine) flush() (waiting int, err error) {
	if waiting = e.tx.Queued(); waiting == 0 {
		return 0, nil
	}
	_, err = e.tx.Kick()
	e.tx.Reap()
	return e.tx.Queued(), err
}

// drainTime is longer than any driver takes to send a ring; a device that is down does not send it at all.
const drainTime = 500 * time.Millisecond

// drain waits for the driver, too: in zero-copy mode closing the socket takes the frames from under it.
func (e *xskEngine) drain() (unsent int) {
	_, _ = e.tx.Drain(drainTime) // what is left says it all
	return e.tx.Queued()
}
