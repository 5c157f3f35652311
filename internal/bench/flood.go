package bench

import (
	"context"
	"encoding/binary"
	"fmt"
	"runtime"
	"time"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

const (
	liveFrames = 1 << 1 // BPF_F_TEST_XDP_LIVE_FRAMES of linux/bpf.h

	// floodBatch is how many live frames the kernel makes at a time: veth's ring holds 256.
	floodBatch = 64

	// floodCall is how many frames a system call makes: tens of milliseconds. Each costs some 20 µs.
	floodCall = 1 << 16

	floodPort = 9 // discard (RFC 863)
)

// flood is a stream of UDP frames from one interface to the other, made in the kernel by an XDP program on live frames, as many
// as one core makes: more than anything on the other core receives.
type flood struct {
	program *framesProgram
	from    End
	cpu     int
	do      func(func() error) error

	ended chan error
}

// floodImage is a UDP datagram without a checksum, which IPv4 allows, so that nothing depends on the port it comes from.
func floodImage(from, to End, src, dst uint32) []byte {
	f := make([]byte, frameLen)
	copy(f, to.MAC[:])
	copy(f[6:], from.MAC[:])
	binary.BigEndian.PutUint16(f[12:], unix.ETH_P_IP)
	ip := f[14:]
	ip[0], ip[8], ip[9] = 0x45, 64, unix.IPPROTO_UDP
	binary.BigEndian.PutUint16(ip[2:], frameLen-14)
	binary.BigEndian.PutUint32(ip[12:], src)
	binary.BigEndian.PutUint32(ip[16:], dst)
	var sum uint32
	for i := 0; i < 20; i += 2 {
		sum += uint32(binary.BigEndian.Uint16(ip[i:]))
	}
	sum = sum>>16 + sum&0xffff
	binary.BigEndian.PutUint16(ip[10:], ^uint16(sum>>16+sum))
	binary.BigEndian.PutUint16(f[36:], floodPort)
	binary.BigEndian.PutUint16(f[38:], frameLen-34)
	return f
}

// startFlood begins to send from one end, on one core. program was loaded with the image of the flood, which is attached to
// something: each call would wait for the kernel else.
func startFlood(program *framesProgram, from End, cpu int, do func(func() error) error) *flood {
	f := &flood{program: program, from: from, cpu: cpu, do: do, ended: make(chan error, 1)}
	go func() { f.ended <- f.do(f.send) }()
	return f
}

// send runs until the program has been told to stop; its thread is thrown away by whoever calls it, or was ours to pin.
func (f *flood) send() error {
	runtime.LockOSThread() // until the goroutine ends, and the thread with it
	if err := pin(0, f.cpu); err != nil {
		return err
	}
	for stopped := uint32(0); stopped == 0; {
		_, err := f.program.objects.Flood.Run(&ebpf.RunOptions{
			Data:      make([]byte, frameLen),
			Repeat:    floodCall,
			Flags:     liveFrames,
			BatchSize: floodBatch,
			Context:   xdpContext{DataEnd: frameLen, IngressIfindex: uint32(f.from.Ifindex)},
		})
		if err != nil {
			return fmt.Errorf("send live frames from %s: %w", f.from.Name, err)
		}
		if err := f.program.objects.Stop.Get(&stopped); err != nil {
			return fmt.Errorf("send live frames from %s: %w", f.from.Name, err)
		}
	}
	return nil
}

// xdpContext is struct xdp_md of linux/bpf.h. The ingress interface is where a live frame goes on XDP_TX.
type xdpContext struct {
	Data, DataEnd, DataMeta, IngressIfindex, RxQueueIndex, EgressIfindex uint32
}

// offered is how many frames the interface has been given. It may have had no room for some.
func (f *flood) offered() (uint64, error) { return sumPerCPU(f.program.objects.Offered) }

// begun waits until the flood has offered something: on a busy machine its thread may have to wait for its core. The error is
// that of a flood that ended, or of ctx.
func (f *flood) begun(ctx context.Context) error {
	for {
		n, err := f.offered()
		if err != nil || n > 0 {
			return err
		}
		select {
		case err := <-f.ended:
			f.ended <- nil // for stop
			return err
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
}

// stop ends the flood, within a tenth of a second or so, and returns what went wrong with it.
func (f *flood) stop() error {
	if err := f.program.objects.Stop.Set(uint32(1)); err != nil {
		return fmt.Errorf("stop the flood: %w", err)
	}
	return <-f.ended
}
