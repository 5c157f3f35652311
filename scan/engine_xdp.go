package scan

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/bpf"
	"github.com/xsweep/xsweep/packet"
)

// xdpEngine has the kernel send frames of its own (live XDP frames). It collects probes, and a call sends them: when
// there are as many as one call takes, or when the sender has time.
//
// What the driver does not take stays, and is sent before what comes after it. RSTs are few, and go by the AF_XDP socket.
type xdpEngine struct {
	loop    *bpf.EmitLoop
	entries []bpf.Entry // as many as one call sends
	waiting int         // entries from the first one on
	behind  int         // probes that have left, and were taken after the first one that waits, or may have been
	resets  *xskEngine
	frame   [packet.MaxFrameLen]byte
	stuck   bool   // the last call ended in an error
	crowded bool   // the device had no room for all frames of the last call
	again   uint64 // frames refused
	device  string
}

// newXDPEngine owns loop and resets from now on.
func newXDPEngine(loop *bpf.EmitLoop, resets *xskEngine, device string) *xdpEngine {
	e := &xdpEngine{loop: loop, entries: loop.Entries(), resets: resets, device: device}
	if resets.stopwatch != nil {
		e.entries = e.entries[:stampedCall]
	}
	e.setTemplate(resets.syn)
	return e
}

// stampedCall is how many frames a call sends that carry the time, which is that of the call: a tenth of a millisecond's.
const stampedCall = 512

func (e *xdpEngine) setTemplate(t *packet.Template) {
	n := t.Put(e.frame[:], new(packet.Probe))
	e.loop.SetTemplate(e.frame[:max(n, packet.MinFrameLen)])
}

// emitConfig is how steer has to be loaded to send the frames of s, by n threads.
func (s *Scan) emitConfig(n int) *bpf.EmitConfig {
	return &bpf.EmitConfig{
		Ifindex: s.cfg.Ifindex, Loops: n,
		FrameSize: max(s.syn.Len(), packet.MinFrameLen), IPv4Offset: s.syn.IPv4Offset(), MACPerEntry: s.cfg.NextHop != nil,
	}
}

func (e *xdpEngine) settle(cpu int) error {
	if cpu < 0 {
		return fmt.Errorf("send on %s: engine xdp wants each sender on a core of its own, and there is none to pin it to", e.device)
	}
	return e.loop.Bind(cpu)
}

func (e *xdpEngine) send(probes []packet.Probe) (n int, err error) {
	if e.waiting == len(e.entries) || e.stuck || e.crowded {
		if err := e.run(); err != nil || e.crowded { // what waits would leave in one burst later, with all that was added
			return 0, err
		}
	}
	n = min(len(probes), len(e.entries)-e.waiting)
	to := e.entries[e.waiting:][:n]
	for i := range to {
		to[i] = bpf.Entry(probes[i])
	}
	if e.resets.nextHop != nil {
		e.address(probes[:n])
	}
	e.waiting += n
	if e.waiting == len(e.entries) {
		err = e.run()
	}
	return n, err
}

// address sets the link-layer address of the entries that follow those that wait already.
func (e *xdpEngine) address(probes []packet.Probe) {
	for i := range probes {
		mac, ok := e.resets.nextHop(probes[i].Dst)
		if !ok {
			mac = e.resets.gateway
		}
		e.loop.SetMAC(e.waiting+i, mac)
	}
}

// run sends what waits. The errors are those of send.
func (e *xdpEngine) run() error {
	if err := e.resets.device.cannotSend(); err != nil {
		e.stuck = true
		return err
	}
	if w := e.resets.stopwatch; w != nil {
		stamped := e.resets.syn.Stamped(w.now())
		e.setTemplate(&stamped)
	}
	res, err := e.loop.Send(e.waiting)
	e.settleCall(res)
	if err == nil {
		err = res.Err
	}
	e.crowded = res.Left > 0
	if e.stuck = err != nil; !e.stuck {
		e.again += uint64(res.Refused) // else it is not the rate that is wrong
		return nil
	}
	e.resets.device.suspect()
	switch {
	case errors.Is(err, unix.ENETDOWN):
		return fmt.Errorf("send on %s: %w", e.device, err)
	case errors.Is(err, unix.ENXIO):
		// While it is set up anew, or for good. The targets wait, as for a device that is down.
		return fmt.Errorf("send on %s: the driver has no queue for XDP frames on this core (%w); targets wait: %w",
			e.device, err, unix.ENETDOWN)
	case errors.Is(err, unix.ENODEV):
		return fmt.Errorf("send on %s: the interface has gone: %w", e.device, err)
	case errors.Is(err, unix.EOPNOTSUPP):
		// It did when the scan began: the far end of a veth, say, has lost its program, and may get one again.
		return fmt.Errorf("send on %s: it does not send XDP frames any more (%w), as --engine xsk does; targets wait: %w",
			e.device, err, unix.ENETDOWN)
	}
	return fmt.Errorf("send on %s: %w", e.device, err)
}

// settleCall takes note of what became of the entries that waited. The driver may take some, refuse some, and take others
// again within one call.
func (e *xdpEngine) settleCall(res bpf.EmitResult) {
	left := e.waiting - res.Left
	switch {
	case res.Left == 0:
		e.behind = 0
	case e.behind == 0:
		e.behind = left - res.First
	default: // which of those before was the first is not known any more
		e.behind += left
	}
	e.waiting = res.Left
}

func (e *xdpEngine) reset(conns []packet.Probe) (int, error) { return e.resets.reset(conns) }

func (e *xdpEngine) flush() (waiting int, err error) {
	left, err := e.resets.flush()
	if e.waiting > 0 {
		if failed := e.run(); failed != nil {
			err = failed
		}
	}
	return left + e.waiting, err
}

// held counts all that came after the first one that waits: what has left is the first so many.
func (e *xdpEngine) held() int { return e.waiting + e.behind }

func (e *xdpEngine) drain() (unsent int) {
	const pause = time.Millisecond
	for start := time.Now(); e.waiting > 0 && time.Since(start) < drainTime; {
		if e.run() != nil || e.waiting > 0 {
			sleep(pause)
		}
	}
	return e.waiting + e.resets.drain()
}

func (e *xdpEngine) dropped() uint64 { return e.resets.dropped() }

func (e *xdpEngine) refused() uint64 { return e.again + e.resets.refused() }
