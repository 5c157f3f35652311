package bench

import (
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// message is struct mmsghdr of linux/socket.h; Go pads it as C does.
type message struct {
	header unix.Msghdr
	length uint32
}

// messages is room for datagrams to be read many at a time. It is for one goroutine.
type messages struct {
	room    []message
	vectors []unix.Iovec
	data    [][frameLen]byte
}

func newMessages(n int) *messages {
	m := &messages{room: make([]message, n), vectors: make([]unix.Iovec, n), data: make([][frameLen]byte, n)}
	for i := range m.room {
		m.vectors[i].Base = &m.data[i][0]
		m.vectors[i].SetLen(frameLen)
		m.room[i].header.Iov = &m.vectors[i]
		m.room[i].header.SetIovlen(1)
	}
	return m
}

// receive waits for a datagram and returns how many it read then, with what is left of a longer one cut off.
//
// Sound because the kernel writes only into the buffers that the headers point at, which are kept alive by m; none of them is on
// a stack, and Go does not move what is not.
func (m *messages) receive(fd int) (int, error) {
	n, _, errno := unix.Syscall6(unix.SYS_RECVMMSG, uintptr(fd), uintptr(unsafe.Pointer(&m.room[0])), uintptr(len(m.room)),
		unix.MSG_WAITFORONE, 0, 0)
	runtime.KeepAlive(m)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}
