package blocklist

// The functions ask for element index>>shift of a list, each of size bytes, for n indexes, n > 0, and return before it
// is there. Asking for what does not exist does no harm. They differ in the type of the list only.
//
//go:noescape
func prefetch64(list *uint64, indexes *uint64, n int, shift, size uint64)

//go:noescape
func prefetch32(list *uint32, indexes *uint64, n int, shift, size uint64)

//go:noescape
func prefetchBlocks(list *block, indexes *uint64, n int, shift, size uint64)
