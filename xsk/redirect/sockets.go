package redirect

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

// ErrTaken is wrapped by Add's error where another socket has the queue.
var ErrTaken = errors.New("the queue has a socket already")

// Sockets is an XSKMAP: it says which AF_XDP socket gets the frames of which queue. Its methods may be called
// concurrently, Close aside.
type Sockets struct{ m *ebpf.Map }

// UseMap joins an XDP program that is there already, by its XSKMAP: a dispatcher's, found with ebpf.LoadPinnedMap for
// example. Which frames come is that program's to say. The caller's m is not used further, and may be closed.
func UseMap(m *ebpf.Map) (*Sockets, error) {
	if m.Type() != ebpf.XSKMap {
		return nil, fmt.Errorf("use map of sockets: it is of type %v, want %v", m.Type(), ebpf.XSKMap)
	}
	clone, err := m.Clone()
	if err != nil {
		return nil, fmt.Errorf("use map of sockets: %w", err)
	}
	return &Sockets{m: clone}, nil
}

// Add makes fd, an AF_XDP socket bound to this queue (xsk.RxQueue.FD), the receiver of the frames that are redirected
// there. It displaces no other socket: the error wraps ErrTaken then. Adding the same one again does nothing. The kernel
// takes a socket out when it is closed.
func (s *Sockets) Add(queue uint32, fd int) error {
	err := s.m.Update(queue, uint32(fd), ebpf.UpdateNoExist)
	switch {
	case errors.Is(err, unix.EEXIST) || errors.Is(err, ebpf.ErrKeyExist):
		err = ErrTaken
	case errors.Is(err, unix.E2BIG):
		err = fmt.Errorf("the map is for queues 0 to %d: %w", s.m.MaxEntries()-1, err)
	}
	if err != nil {
		return fmt.Errorf("add socket of queue %d: %w", queue, err)
	}
	return nil
}

// Close lets go of the map. Sockets in it keep receiving until they are closed. A second Close does nothing.
func (s *Sockets) Close() error { return s.m.Close() }
