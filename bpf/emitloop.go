package bpf

import (
	"errors"
	"fmt"
	"os"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

// Entry is what differs from one frame to the next. Addresses and ports are in host order.
type Entry struct {
	Src, Dst         uint32 // IPv4 addresses
	SrcPort, DstPort uint16
	Seq              uint32 // TCP sequence number
	ID               uint16 // IPv4 identification
}

// emitBatch is how many frames the kernel makes before it gives them to the driver. The ring of a veth device holds 256,
// and batches of 128 are slower there, those of 256 overrun it.
const emitBatch = 64

// An EmitLoop sends frames from one thread, which it is bound to by that thread's CPU. Its methods belong to
// that thread.
type EmitLoop struct {
	program int
	loopOf  *ebpf.Map
	index   uint32
	shared  *steerLoop
	entries []Entry
	ip      int                 // offset of the IPv4 header
	size    int                 // of a frame, bytes
	blank   [EmitFrameSize]byte // the template
}

// EmitResult is what became of a call's frames. Those that did not leave are the first Left entries afterwards, in the
// order they had, and none was sent twice.
type EmitResult struct {
	Left    int // entries whose frames did not leave
	First   int // where the first one of them was before; without any, how many entries there were
	Refused int // of them those that the driver had no room for, or could not send

	// Err is why the rest of them was not tried. It is ENETDOWN while the device is down, ENODEV when it is gone,
	// EOPNOTSUPP where it cannot send XDP frames, EMSGSIZE where they are longer than its MTU allows, or what the driver
	// says, such as ENXIO while it has no rings for them.
	Err error
}

func newEmitLoop(s *Steer, i int) *EmitLoop {
	l := &EmitLoop{program: s.objects.Steer.FD(), loopOf: s.objects.LoopOf, index: uint32(i),
		ip: s.cfg.Emit.IPv4Offset, size: s.cfg.Emit.FrameSize}
	l.shared, l.entries = s.emit.loop(i)
	return l
}

// Bind makes the loop that of a CPU, to which the calling thread is pinned and no other sender is.
func (l *EmitLoop) Bind(cpu int) error {
	if err := l.loopOf.Put(uint32(cpu), l.index); err != nil {
		return fmt.Errorf("bind sender to CPU %d: %w", cpu, err)
	}
	return nil
}

// Entries are EmitEntries in number. Send sends the first ones.
func (l *EmitLoop) Entries() []Entry { return l.entries }

// SetMAC is the destination of an entry on the link, with EmitConfig.MACPerEntry.
func (l *EmitLoop) SetMAC(i int, mac [6]byte) { copy(l.shared.Mac[i][:], mac[:]) }

// moveMACs has entries to..to+n-1 take over the destinations of from..from+n-1.
func (l *EmitLoop) moveMACs(to, from, n int) { copy(l.shared.Mac[to:to+n], l.shared.Mac[from:from+n]) }

// SetTemplate makes frames copies of frame, which has EmitConfig.FrameSize bytes, but for an entry's fields and the
// checksums. What frame has in their places does not matter, and its checksums need not be right.
func (l *EmitLoop) SetTemplate(frame []byte) {
	t := &l.blank
	*t = [EmitFrameSize]byte{}
	copy(t[:], frame)
	ip := t[l.ip:]
	clear(ip[4:6])   // identification
	clear(ip[10:20]) // checksum, addresses
	tcp := ip[20:]
	clear(tcp[0:8])   // ports, sequence number
	clear(tcp[16:18]) // checksum
	total := int(ip[2])<<8 | int(ip[3])
	l.shared.IpSum = sumWords(ip[:20])
	l.shared.TcpSum = sumWords(tcp[:total-20]) + uint64(ip[9]) + uint64(total-20)
	setWords(&l.shared.Frame, t)
}

// sumWords adds up big-endian words of 16 bits (RFC 1071). An odd last byte is the high one of a word.
func sumWords(b []byte) (sum uint64) {
	for i, c := range b {
		if i%2 == 0 {
			sum += uint64(c) << 8
		} else {
			sum += uint64(c)
		}
	}
	return sum
}

// Send has the frames of the first n entries sent, n at most EmitEntries. It returns when the driver has all of them or
// there is a reason to stop. The error, which is for good, says that the kernel would not run the program.
func (l *EmitLoop) Send(n int) (EmitResult, error) {
	s := l.shared
	s.End, s.Next, s.Settled, s.Ranges, s.Error = uint32(n), 0, 0, 0, 0
	for calls := 0; int(s.Next) < n && s.Error == 0; calls++ {
		runs := s.Runs
		// A signal ends the call early. The state tells how far it came.
		errno := runLive(l.program, l.blank[:l.size], n-int(s.Next), emitBatch)
		switch {
		case errno != 0 && errno != unix.EINTR && errno != unix.ENOMEM && errno != unix.EAGAIN:
			return l.settle(n), fmt.Errorf("run program on live frames: %w", os.NewSyscallError("bpf", errno))
		case s.Settled != s.Next:
			return l.settle(n), errUnsettled
		case s.Runs == runs && calls >= mostVainCalls:
			return l.settle(n), errVain
		case errno == unix.ENOMEM:
			return l.settle(n), nil
		}
	}
	return l.settle(n), nil
}

// mostVainCalls is how many calls may end without a run: signals can end them before the first one.
const mostVainCalls = 1000

var (
	errVain      = errors.New("run program on live frames: it runs on another CPU than its thread's own")
	errUnsettled = errors.New("run program on live frames: the kernel does not tell which of them the driver took")
)

// settle moves the entries that did not leave to the front.
func (l *EmitLoop) settle(n int) (r EmitResult) {
	s := l.shared
	r.First = n
	keep := func(from, count int) {
		if r.Left == 0 && count > 0 {
			r.First = from
		}
		if from != r.Left {
			copy(l.entries[r.Left:], l.entries[from:from+count])
			l.moveMACs(r.Left, from, count)
		}
		r.Left += count
	}
	for _, lost := range s.Refused[:min(int(s.Ranges), len(s.Refused))] {
		keep(int(lost.From), int(lost.Count))
	}
	r.Refused = r.Left
	keep(int(s.Next), n-int(s.Next))
	if s.Error != 0 {
		r.Err = unix.Errno(-s.Error)
	}
	return r
}
