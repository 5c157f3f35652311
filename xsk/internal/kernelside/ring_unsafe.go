package kernelside

import (
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// View interprets mem as a ring laid out as off describes, of as many slots as fit, a power of two.
//
// Sound because indexing and slicing check that every word and slot lies inside mem, which the pointers keep alive, and
// because memory of that size is aligned to 8 bytes.
func View[T Slot](mem []byte, off unix.XDPRingOffset) Ring[T] {
	var zero T
	slots := mem[off.Desc:]
	n := uintptr(len(slots)) / unsafe.Sizeof(zero)
	return Ring[T]{
		Producer: word(mem, off.Producer),
		Consumer: word(mem, off.Consumer),
		Flags:    word(mem, off.Flags),
		Slots:    unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(slots))), n),
	}
}

// word views the 4 bytes at off as an atomic, which has the layout of a uint32.
func word(mem []byte, off uint64) *atomic.Uint32 {
	return (*atomic.Uint32)(unsafe.Pointer(unsafe.SliceData(mem[off:][:4])))
}
