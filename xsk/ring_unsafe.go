package xsk

import (
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// viewRing interprets mem as a ring of n slots, a power of two, laid out as off describes.
//
// Sound because the kernel aligns indices to 4 bytes and slots to 8, because mem is an mmap (in tests, a slice
// that the pointers keep alive) that Go never moves, and because indexing and slicing mem check that every word
// and slot lies inside it.
func viewRing[T slot](mem []byte, off unix.XDPRingOffset, n uint32) ring[T] {
	slots := mem[off.Desc:][:slotBytes[T](n)]
	r := ring[T]{
		producer: word(mem, off.Producer),
		consumer: word(mem, off.Consumer),
		flags:    word(mem, off.Flags),
		slots:    unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(slots))), n),
	}
	r.prod, r.cons = r.producer.Load(), r.consumer.Load()
	return r
}

// word views the 4 bytes at off as an atomic. atomic.Uint32 has the layout of a uint32.
func word(mem []byte, off uint64) *atomic.Uint32 {
	return (*atomic.Uint32)(unsafe.Pointer(unsafe.SliceData(mem[off:][:4])))
}

// slotBytes returns the size of n slots.
func slotBytes[T slot](n uint32) uintptr {
	var zero T
	return uintptr(n) * unsafe.Sizeof(zero)
}
