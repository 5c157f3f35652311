package bench

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// The ring of an AF_PACKET socket: blocks that the kernel fills with frames and hands over whole.
const (
	packetBlock   = 1 << 18
	packetBlocks  = 16
	packetTimeout = 10 // ms after which a block is handed over that is not full
)

// packetReceiver is an AF_PACKET socket that sees every frame, with a TPACKET_V3 ring: no system call and no copy per frame.
type packetReceiver struct {
	fd   int
	ring []byte
	n    atomic.Uint64 // frames read
	sum  atomic.Uint64 // of their first bytes, so that each is looked at
	lost atomic.Uint64 // and those that the kernel had no room for: reading that number resets it
}

func openPacket(at *receiving) (receiver, error) {
	r := &packetReceiver{fd: -1}
	if err := at.host.Do(func() error { return r.open(at.end) }); err != nil {
		return nil, errors.Join(fmt.Errorf("open AF_PACKET socket on %s: %w", at.end.Name, err), r.Close())
	}
	return r, nil
}

func (r *packetReceiver) open(end End) (err error) {
	if r.fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0); err != nil {
		return os.NewSyscallError("socket", err)
	}
	if err := unix.SetsockoptInt(r.fd, unix.SOL_PACKET, unix.PACKET_VERSION, unix.TPACKET_V3); err != nil {
		return os.NewSyscallError("setsockopt PACKET_VERSION", err)
	}
	const frame = 1 << 11 // only its product counts in version 3
	err = unix.SetsockoptTpacketReq3(r.fd, unix.SOL_PACKET, unix.PACKET_RX_RING, &unix.TpacketReq3{
		Block_size: packetBlock, Block_nr: packetBlocks, Frame_size: frame, Frame_nr: packetBlock / frame * packetBlocks,
		Retire_blk_tov: packetTimeout,
	})
	if err != nil {
		return os.NewSyscallError("setsockopt PACKET_RX_RING", err)
	}
	r.ring, err = unix.Mmap(r.fd, 0, packetBlock*packetBlocks, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return os.NewSyscallError("mmap", err)
	}
	// Bound only now, so that the ring has every frame that the socket sees.
	ip := uint16(unix.ETH_P_IP<<8&0xff00 | unix.ETH_P_IP>>8)
	return os.NewSyscallError("bind", unix.Bind(r.fd, &unix.SockaddrLinklayer{Protocol: ip, Ifindex: end.Ifindex}))
}

func (r *packetReceiver) thread() func(*atomic.Bool) error { return r.run }

func (r *packetReceiver) run(stop *atomic.Bool) error {
	poll := []unix.PollFd{{Fd: int32(r.fd), Events: unix.POLLIN}}
	sum := uint64(0)
	for i := 0; !stop.Load(); {
		block := packetBlockAt(r.ring, i)
		if !block.isOurs() {
			if _, err := unix.Poll(poll, int(receiveWait.Milliseconds())); err != nil && !errors.Is(err, unix.EINTR) {
				return os.NewSyscallError("poll", err)
			}
			continue
		}
		frames := 0
		for frame := range block.frames() {
			sum += uint64(frame[0])
			frames++
		}
		block.giveBack()
		r.n.Add(uint64(frames))
		i = (i + 1) % packetBlocks
	}
	r.sum.Store(sum)
	return nil
}

func (r *packetReceiver) received() (uint64, error) { return r.n.Load(), nil }

func (r *packetReceiver) dropped() (uint64, error) {
	st, err := unix.GetsockoptTpacketStatsV3(r.fd, unix.SOL_PACKET, unix.PACKET_STATISTICS)
	if err != nil {
		return 0, os.NewSyscallError("getsockopt PACKET_STATISTICS", err)
	}
	return r.lost.Add(uint64(st.Drops)), nil
}

func (r *packetReceiver) Close() error {
	var errs []error
	if r.ring != nil {
		errs = append(errs, os.NewSyscallError("munmap", unix.Munmap(r.ring)))
	}
	if r.fd >= 0 {
		errs = append(errs, os.NewSyscallError("close", unix.Close(r.fd)))
	}
	return errors.Join(errs...)
}
