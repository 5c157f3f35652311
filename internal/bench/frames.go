package bench

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

// frameLen is the length of a flood's frames: a cache line, 4 bytes more than the shortest frame.
const frameLen = 64

// framesProgram is bpf/frames.c, loaded, and perhaps attached to an interface.
type framesProgram struct {
	objects  framesObjects
	attached link.Link
}

// newFrames loads the programs for frames that come from source, in host byte order. image is what flood sends; nil where
// it is not used.
func newFrames(source uint32, image []byte) (*framesProgram, error) {
	spec, err := loadFrames()
	if err != nil {
		return nil, err
	}
	var wire [4]byte
	binary.BigEndian.PutUint32(wire[:], source)
	if err := spec.Variables["source"].Set(wire); err != nil {
		return nil, fmt.Errorf("set source: %w", err)
	}
	if image != nil {
		if err := spec.Variables["image"].Set([frameLen]byte(image)); err != nil {
			return nil, fmt.Errorf("set image: %w", err)
		}
	}
	p := new(framesProgram)
	if err := spec.LoadAndAssign(&p.objects, nil); err != nil {
		return nil, fmt.Errorf("load XDP programs of the benchmark: %w", err)
	}
	return p, nil
}

// attach puts one of the programs on an interface of the calling thread's namespace, by a bpf_link, which ends with the process.
// It never displaces a program: that is EBUSY.
func (p *framesProgram) attach(prog *ebpf.Program, end End, native bool) (err error) {
	mode, name := link.XDPGenericMode, "generic"
	if native {
		mode, name = link.XDPDriverMode, "native"
	}
	p.attached, err = link.AttachXDP(link.XDPOptions{Program: prog, Interface: end.Ifindex, Flags: mode})
	if err != nil {
		return fmt.Errorf("attach XDP program to %s, %s mode: %w", end.Name, name, err)
	}
	return nil
}

// isUnsupported tells whether an attempt to attach failed because the driver has no such mode.
func isUnsupported(err error) bool {
	return errors.Is(err, unix.EOPNOTSUPP)
}

// arrived is what count and deliver have seen.
func (p *framesProgram) arrived() (tally, error) {
	var perCPU []framesArrivals
	if err := p.objects.Arrived.Lookup(uint32(0), &perCPU); err != nil {
		return tally{}, fmt.Errorf("read counters: %w", err)
	}
	var sum framesArrivals
	for _, cpu := range perCPU {
		if cpu.Frames == 0 {
			continue
		}
		sum.Frames += cpu.Frames
		sum.LastNs = max(sum.LastNs, cpu.LastNs)
		if sum.FirstNs == 0 || cpu.FirstNs < sum.FirstNs {
			sum.FirstNs = cpu.FirstNs
		}
	}
	return tally{sum.Frames, time.Duration(sum.LastNs - sum.FirstNs)}, nil
}

// Close detaches and unloads.
func (p *framesProgram) Close() error {
	var err error
	if p.attached != nil {
		err = p.attached.Close()
	}
	return errors.Join(err, p.objects.Close())
}
