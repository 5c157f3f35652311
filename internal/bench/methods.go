package bench

import (
	"sync/atomic"

	"github.com/xsweep/xsweep/internal/lab"
)

// Method is a way to receive.
type Method struct {
	Name string // as --methods has it
	What string // what receives, and where, in a few words

	open func(*receiving) (receiver, error)
}

// Methods lists the ways to receive that are compared, from the highest in the stack to the lowest.
func Methods() []Method {
	return []Method{
		{"udp", "UDP socket, recvmmsg", openUDP},
		{"packet", "AF_PACKET, TPACKET_V3 ring", openPacket},
		{"xdp-generic", "XDP program drops, generic", openDrop(false)},
		{"xdp-native", "XDP program drops, native", openDrop(true)},
		{"xsk-generic", "AF_XDP, generic XDP", openXSK(false)},
		{"xsk-native", "AF_XDP, native XDP", openXSK(true)},
	}
}

// receiving is where a method receives.
type receiving struct {
	end  End
	host *lab.Host
}

// A receiver receives by some method.
type receiver interface {
	// run receives on the calling thread until stop is set, which it notices within a tenth of a second. It is nil
	// where the kernel alone receives.
	thread() func(stop *atomic.Bool) error

	// received is how many frames of the flood have been received. It may be called while run runs.
	received() (uint64, error)

	// dropped is how many the kernel has dropped because they were not read in time.
	dropped() (uint64, error)

	Close() error
}
