package bench

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/internal/lab"
)

// udpReceiver is a UDP socket that the flood goes to, read many datagrams a call. Its buffer is the system's default.
type udpReceiver struct {
	fd     int
	host   *lab.Host
	before uint64        // drops until now
	n      atomic.Uint64 // datagrams read
}

func openUDP(at *receiving) (receiver, error) {
	r := &udpReceiver{fd: -1, host: at.host}
	if err := at.host.Do(r.open); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	var err error
	if r.before, err = r.drops(); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

func (r *udpReceiver) open() (err error) {
	if r.fd, err = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0); err != nil {
		return os.NewSyscallError("socket", err)
	}
	wait := unix.NsecToTimeval(receiveWait.Nanoseconds())
	if err := unix.SetsockoptTimeval(r.fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &wait); err != nil {
		return os.NewSyscallError("setsockopt SO_RCVTIMEO", err)
	}
	if err := unix.Bind(r.fd, &unix.SockaddrInet4{Port: floodPort}); err != nil {
		return fmt.Errorf("UDP port %d: %w", floodPort, os.NewSyscallError("bind", err))
	}
	return nil
}

func (r *udpReceiver) thread() func(*atomic.Bool) error { return r.run }

func (r *udpReceiver) run(stop *atomic.Bool) error {
	into := newMessages(receiveBatch)
	for !stop.Load() {
		n, err := into.receive(r.fd)
		if err != nil && !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("read UDP socket: %w", os.NewSyscallError("recvmmsg", err))
		}
		r.n.Add(uint64(n))
	}
	return nil
}

func (r *udpReceiver) received() (uint64, error) { return r.n.Load(), nil }

func (r *udpReceiver) dropped() (uint64, error) {
	n, err := r.drops()
	return n - r.before, err
}

// drops asks the whole namespace, in which no other socket is.
func (r *udpReceiver) drops() (uint64, error) {
	n, err := r.host.SNMP()
	return n["UdpRcvbufErrors"], err
}

func (r *udpReceiver) Close() error {
	if r.fd < 0 {
		return nil
	}
	return os.NewSyscallError("close", unix.Close(r.fd))
}
