package bpf

import (
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

// memory is the map of loops as both sides see it.
type memory struct {
	bytes  []byte
	stride uintptr
}

// mapLoops maps a BPF_F_MMAPABLE array of n loops.
func (m *memory) mapLoops(loops *ebpf.Map, n int) (err error) {
	m.stride = unsafe.Sizeof(steerLoop{}) // a multiple of 8, as the kernel keeps the values of an array
	m.bytes, err = unix.Mmap(loops.FD(), 0, n*int(m.stride), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return fmt.Errorf("map the entries: %w", os.NewSyscallError("mmap", err))
	}
	return nil
}

// loop is the i-th one, and its entries.
//
// Sound because the memory is an mmap, which Go never moves; because slicing it checks that the loop lies inside; and
// because the types are those that bpf2go made from the program's own, whose entries a test compares with Entry.
func (m *memory) loop(i int) (*steerLoop, []Entry) {
	at := m.bytes[uintptr(i)*m.stride:][:m.stride]
	loop := (*steerLoop)(unsafe.Pointer(unsafe.SliceData(at)))
	return loop, unsafe.Slice((*Entry)(unsafe.Pointer(&loop.Entries[0])), len(loop.Entries))
}

func (m *memory) unmap() error {
	if m.bytes == nil {
		return nil
	}
	err := unix.Munmap(m.bytes)
	m.bytes = nil
	return os.NewSyscallError("munmap", err)
}

// setWords copies a frame to where the program reads it.
func setWords(words *[EmitFrameSize / 8]uint64, frame *[EmitFrameSize]byte) {
	*words = *(*[EmitFrameSize / 8]uint64)(unsafe.Pointer(frame))
}

// testRunAttr is the part of union bpf_attr (linux/bpf.h) that is for BPF_PROG_TEST_RUN.
type testRunAttr struct {
	progFD, retval          uint32
	dataSizeIn, dataSizeOut uint32
	dataIn, dataOut         uint64
	repeat, duration        uint32
	ctxSizeIn, ctxSizeOut   uint32
	ctxIn, ctxOut           uint64
	flags, cpu              uint32
	batchSize               uint32
	_                       uint32
}

// runLive has the kernel run an XDP program n times on frames of its own, which begin as copies of frame, batch at a
// time (BPF_F_TEST_XDP_LIVE_FRAMES, Linux 5.18). It goes without the library because that allocates, and begins again
// from nothing when a signal interrupts it.
func runLive(program int, frame []byte, n, batch int) unix.Errno {
	attr := testRunAttr{
		progFD:     uint32(program),
		dataSizeIn: uint32(len(frame)),
		dataIn:     uint64(uintptr(unsafe.Pointer(unsafe.SliceData(frame)))),
		repeat:     uint32(n),
		flags:      unix.BPF_F_TEST_XDP_LIVE_FRAMES,
		batchSize:  uint32(batch),
	}
	_, _, errno := unix.Syscall(unix.SYS_BPF, unix.BPF_PROG_TEST_RUN, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr))
	runtime.KeepAlive(frame)
	return errno
}
