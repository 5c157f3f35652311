//go:build !amd64

package blocklist

// On other architectures nothing is asked for ahead of time.

func prefetch64(*uint64, *uint64, int, uint64, uint64)    {}
func prefetch32(*uint32, *uint64, int, uint64, uint64)    {}
func prefetchBlocks(*block, *uint64, int, uint64, uint64) {}
