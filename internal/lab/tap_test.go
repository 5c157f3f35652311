package lab_test

import (
	"errors"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/internal/lab"
)

// tap sends and receives whole frames on a host's interface.
type tap struct {
	t    testing.TB
	fd   int
	addr *unix.SockaddrLinklayer
}

func openTap(t testing.TB, h *lab.Host) *tap {
	t.Helper()
	const allProtocols = 0x0300 // ETH_P_ALL in network byte order on a little-endian machine; see below
	p := &tap{t: t, addr: &unix.SockaddrLinklayer{Protocol: allProtocols, Ifindex: h.Ifindex()}}
	err := h.Do(func() error {
		var err error
		// No protocol until it is bound, so that it never hears another interface.
		p.fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		if err := unix.SetsockoptInt(p.fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 64<<20); err != nil {
			return err
		}
		timeout := unix.NsecToTimeval(int64(300 * time.Millisecond))
		if err := unix.SetsockoptTimeval(p.fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &timeout); err != nil {
			return err
		}
		return unix.Bind(p.fd, p.addr)
	})
	if err != nil {
		t.Fatalf("open packet socket on %s: %v", h.Interface(), err)
	}
	t.Cleanup(func() { unix.Close(p.fd) })
	return p
}

func (p *tap) send(frame []byte) {
	p.t.Helper()
	if err := unix.Sendto(p.fd, frame, 0, p.addr); err != nil {
		p.t.Fatalf("send: %v", err)
	}
}

// receive returns the next frame that came in, or nil if none did for a while.
func (p *tap) receive() []byte {
	p.t.Helper()
	buf := make([]byte, 2048)
	for {
		n, from, err := unix.Recvfrom(p.fd, buf, 0)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EAGAIN):
			return nil
		case err != nil:
			p.t.Fatalf("receive: %v", err)
		}
		if from.(*unix.SockaddrLinklayer).Pkttype != unix.PACKET_OUTGOING {
			return buf[:n]
		}
	}
}

// receiveIP returns the next IPv4 frame.
func (p *tap) receiveIP() []byte {
	p.t.Helper()
	for {
		frame := p.receive()
		if frame == nil || frame[12] == 8 && frame[13] == 0 {
			return frame
		}
	}
}
