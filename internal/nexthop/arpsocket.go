package nexthop

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// wire carries ARP frames. Tests put hosts in place of the socket.
type wire interface {
	// send reports false where there is no room now.
	send(frame []byte) (sent bool, err error)

	// receive returns the length of the next frame, 0 for none now.
	receive(buf []byte) (int, error)

	// wait returns after d, or before, when there is a frame to receive.
	wait(d time.Duration) error
}

// arpSocket is an AF_PACKET socket that sees the ARP packets of one interface.
type arpSocket struct{ fd int }

func openARPSocket(ifindex int) (*arpSocket, error) {
	proto := binary.NativeEndian.Uint16([]byte{unix.ETH_P_ARP >> 8, unix.ETH_P_ARP & 0xff}) // htons
	// Protocol 0 first: a socket sees every interface between socket and bind, and 0 stands for no packet at all.
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: proto, Ifindex: ifindex}); err != nil {
		unix.Close(fd)
		return nil, os.NewSyscallError("bind", err)
	}
	return &arpSocket{fd}, nil
}

func (s *arpSocket) close() { unix.Close(s.fd) }

func (s *arpSocket) send(frame []byte) (bool, error) {
	_, err := unix.Write(s.fd, frame)
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.ENOBUFS), errors.Is(err, unix.EINTR):
		return false, nil // the socket's buffer or the device's queue is full
	case errors.Is(err, unix.ENETDOWN):
		return false, ErrDown
	}
	return false, fmt.Errorf("send: %w", err)
}

func (s *arpSocket) receive(buf []byte) (int, error) {
	n, err := unix.Read(s.fd, buf)
	switch {
	case err == nil:
		return n, nil
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
		return 0, nil
	case errors.Is(err, unix.ENETDOWN):
		return 0, ErrDown
	}
	return 0, fmt.Errorf("receive: %w", err)
}

func (s *arpSocket) wait(d time.Duration) error {
	ts := unix.NsecToTimespec(max(0, d.Nanoseconds()))
	_, err := unix.Ppoll([]unix.PollFd{{Fd: int32(s.fd), Events: unix.POLLIN}}, &ts, nil)
	if err != nil && !errors.Is(err, unix.EINTR) {
		return os.NewSyscallError("ppoll", err)
	}
	return nil
}
