package scan

import (
	"fmt"

	"github.com/xsweep/xsweep/packet"
)

// Engine is a way to put probes on the wire.
type Engine uint8

// The engines. The zero Engine is EngineAuto.
const (
	EngineAuto Engine = iota // what is best for the device and the rate
	EngineXSK                // AF_XDP transmit rings
	EngineXDP                // live XDP frames, which the kernel makes
)

var engineNames = [...]string{EngineAuto: "auto", EngineXSK: "xsk", EngineXDP: "xdp"}

// String returns the name that ParseEngine takes.
func (e Engine) String() string {
	if int(e) < len(engineNames) {
		return engineNames[e]
	}
	return fmt.Sprintf("Engine(%d)", uint8(e))
}

// ParseEngine reads "auto", "xsk" or "xdp". The error wraps ErrConfig.
func ParseEngine(name string) (Engine, error) {
	for e, n := range engineNames {
		if n == name {
			return Engine(e), nil
		}
	}
	return 0, fmt.Errorf("%w: engine %q: want auto, xsk or xdp", ErrConfig, name)
}

// A transmitter puts the frames of one sender on the wire. This is the boundary between what is common to all engines
// and what is not; it is crossed once per batch. A transmitter belongs to the sender's thread.
type transmitter interface {
	// settle comes first, once the thread is where it stays: on core cpu, or anywhere if that is negative.
	settle(cpu int) error

	// send takes the first n of probes, in order, to be transmitted. It never drops one to make room: n = 0 without an
	// error means that there is none now. An error that is ENETDOWN means that nothing can be sent at present, any
	// other that nothing ever will; what was taken has not left then.
	send(probes []packet.Probe) (n int, err error)

	// reset does the same with the RSTs that close connections.
	reset(conns []packet.Probe) (n int, err error)

	// flush pushes on what was taken and is still waiting for the device, and reports how many frames that leaves.
	flush() (waiting int, err error)

	// held is how many of the probes taken have not left, or more than that: they would be lost with the process.
	held() int

	// drain does so until everything has left, or for half a second, and reports how many frames never did.
	drain() (unsent int)

	// dropped is the number of frames that were taken and that the kernel, the driver or the NIC said it dropped.
	dropped() uint64

	// refused is how often the driver would not take a frame, which was sent again later.
	refused() uint64
}
