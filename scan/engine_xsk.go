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
	gateway [6]byte                                  // the link-layer address in the templates
	nextHop func(addr uint32) (mac [6]byte, ok bool) // of targets that are not reached by it, or nil
	device  *device
	rest    time.Duration // after the last frame that was dropped; 0 if all others have left since
	stuck   bool          // the last attempt to send ended in an error
	again   uint64        // frames that the kernel dropped, and that went into the ring once more
	late    lateFrames

	stopwatch *stopwatch // nil unless SYNs carry the time
	stamped   packet.Template
}

// lateFrames are those of the frames in the ring that are there once more: the first of them came after from others when it
// was submitted first, the last one is number to in the ring now. to is 0 if there are none.
type lateFrames struct{ from, to uint64 }

// newXSKEngine owns tx from now on. Every slot holds a SYN from the beginning, so that most often only what differs from
// one to the next has to be written.
func newXSKEngine(tx *xsk.TxQueue, s *Scan) *xskEngine {
	frame := make([]byte, packet.MaxFrameLen)
	tx.Prefill(frame[:s.syn.Put(frame, new(packet.Probe))])
	return &xskEngine{tx: tx, syn: s.syn, rst: s.rst, gateway: s.cfg.Link.DstMAC, nextHop: s.cfg.NextHop,
		device: &s.device, stopwatch: s.stopwatch}
}

func (e *xskEngine) send(probes []packet.Probe) (int, error) {
	if ok, err := e.unstick(); !ok {
		return 0, err
	}
	n := e.reserve(len(probes))
	if e.stopwatch == nil {
		return e.transmit(e.syn, probes, n)
	}
	e.stamped = e.syn.Stamped(e.stopwatch.now())
	return e.transmit(&e.stamped, probes, n)
}

func (e *xskEngine) reset(conns []packet.Probe) (int, error) {
	if ok, err := e.unstick(); !ok {
		return 0, err
	}
	n := e.reserve(len(conns))
	for i := range n {
		e.tx.SetLen(i, e.rst.Len()) // Prefill has set that of SYNs
	}
	return e.transmit(e.rst, conns, n)
}

// spare is how many places of the ring are kept for frames that go in once more: the kernel does not always show at once
// that it has taken those that it dropped.
const spare = 16

// reserve offers n slots or fewer, and leaves spare ones.
func (e *xskEngine) reserve(n int) int { return max(e.tx.Reserve(n+spare)-spare, 0) }

func (e *xskEngine) settle(int) error { return nil }

func (e *xskEngine) refused() uint64 { return e.again }

func (e *xskEngine) dropped() uint64 { return e.tx.Counters().Dropped - e.again }

// transmit writes the first n of probes into the slots reserved, and sends them.
func (e *xskEngine) transmit(t *packet.Template, probes []packet.Probe, n int) (int, error) {
	umem, slots := e.tx.Slots()
	t.PatchAll(umem, slots, probes[:n])
	if t == &e.stamped {
		t.StampAll(umem, slots, n)
	}
	if e.nextHop != nil {
		e.address(probes[:n])
	}
	e.tx.Submit(n)
	return n, e.kick()
}

// kick has the kernel send what is in the ring, unless the device would only drop it. A frame that was dropped in spite of
// that goes into the ring once more, as far as there is room.
func (e *xskEngine) kick() error {
	if err := e.device.cannotSend(); err != nil {
		e.stuck = true
		return err
	}
	res, err := e.tx.Kick()
	if res == xsk.KickDropped {
		e.sendAgain()
		e.rest = min(max(2*e.rest, backoff), longestRest)
		sleep(e.rest)
	} else {
		e.rest = 0
	}
	if res == xsk.KickDropped || err != nil {
		e.device.suspect()
	}
	e.stuck = err != nil
	return err
}

// longestRest is the longest pause after a frame was dropped, from backoff on, which doubles with each in a row. A far end
// that goes down drops frames for up to a tenth of a second before the carrier tells.
const longestRest = 10 * time.Millisecond

// sendAgain puts the frame that was dropped behind the others.
func (e *xskEngine) sendAgain() {
	taken := e.taken()
	if !e.tx.Again() {
		return
	}
	e.again++
	if e.late.to == 0 {
		e.late.from = taken - min(taken, 1)
	}
	e.late.to = e.tx.Counters().Submitted
}

// taken is how many of the frames submitted the kernel has taken, or fewer.
func (e *xskEngine) taken() uint64 { return e.tx.Counters().Submitted - uint64(e.tx.Queued()) }

// unstick sends what is in the ring before more is taken, where that could not be sent or was dropped: all of it would
// leave in one burst when the device is up again. It reports whether more can be taken.
func (e *xskEngine) unstick() (ok bool, err error) {
	if e.stuck || e.rest > 0 {
		err = e.kick()
	}
	return !e.stuck && e.rest == 0, err
}

// address sets the link-layer address of each frame: a slot may hold that of its last one.
func (e *xskEngine) address(probes []packet.Probe) {
	for i := range probes {
		mac, ok := e.nextHop(probes[i].Dst)
		if !ok {
			mac = e.gateway
		}
		copy(e.tx.Frame(i), mac[:])
	}
}

func (e *xskEngine) flush() (waiting int, err error) {
	if waiting = e.tx.Queued(); waiting == 0 && !e.stuck {
		return 0, nil
	}
	err = e.kick()
	e.tx.Reap()
	return e.tx.Queued(), err
}

// held counts RSTs as well, which are in the same ring, and all that came after a frame that is there once more: what has
// left is the first so many.
func (e *xskEngine) held() int {
	if e.taken() >= e.late.to {
		e.late.to = 0
		return e.tx.Queued()
	}
	return int(e.tx.Counters().Submitted - e.late.from)
}

// drainTime is longer than any driver takes to send a ring; a device that is down does not send it at all.
const drainTime = 500 * time.Millisecond

// drain waits for the driver, too: in zero-copy mode closing the socket takes the frames from under it.
func (e *xskEngine) drain() (unsent int) {
	if e.device.cannotSend() == nil {
		_, _ = e.tx.Drain(drainTime) // what is left says it all
	}
	return e.tx.Queued()
}
