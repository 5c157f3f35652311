package scan

import "github.com/xsweep/xsweep/packet"

// An engine puts the frames of one sender on the wire. This is the boundary between what is common to all ways of
// transmitting and what is not; it is crossed once per batch. An engine belongs to one goroutine.
type engine interface {
	// send takes the first n of probes, in order, to be transmitted. It never drops one to make room: n = 0 without an
	// error means that there is none now. An error that is ENETDOWN means that nothing can be sent at present, any
	// other that nothing ever will; what was taken has not left then.
	send(probes []packet.Probe) (n int, err error)

	// reset does the same with the RSTs that close connections.
	reset(conns []packet.Probe) (n int, err error)

	// flush pushes on what was taken and is still waiting for the device, and reports how many frames that leaves.
	flush() (waiting int, err error)

	// drain does so until everything has left, or for half a second, and reports how many frames never did.
	drain() (unsent int)

	// dropped is the number of frames that were taken and that the kernel, the driver or the NIC said it dropped.
	dropped() uint64
}
