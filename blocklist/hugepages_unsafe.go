package blocklist

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

const hugePage = 2 << 20

// inHugePages asks the kernel to move a long list into huge pages, of 2 MiB on most machines: a random look at a list of
// tens of megabytes misses not only the caches of memory but also those of its page table, which hold some thousand
// pages. It is done at once (MADV_COLLAPSE, Linux 6.1), and where the kernel cannot, nothing is lost but speed.
//
// Sound because the bytes are those of list and the kernel changes none of them, only where they are; what it is told of
// is whole huge pages inside the list, which are nobody else's.
func inHugePages[T any](list []T) {
	bytes := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(list))), len(list)*int(unsafe.Sizeof(*new(T))))
	start := int(-uintptr(unsafe.Pointer(unsafe.SliceData(bytes))) % hugePage)
	if end := start + (len(bytes)-start)/hugePage*hugePage; end > start {
		_ = unix.Madvise(bytes[start:end], unix.MADV_COLLAPSE)
	}
}
