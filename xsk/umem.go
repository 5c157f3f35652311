package xsk

import (
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"sync"

	"golang.org/x/sys/unix"
)

// UmemConfig describes a Umem. Every zero field but Size selects a default.
type UmemConfig struct {
	// Size is how many bytes to map, rounded up to whole chunks. Config.UmemBytes tells what one Queue takes.
	Size int

	// FrameSize is the size of a chunk in bytes: 2048 (default) or 4096. See Config.
	FrameSize uint32

	// HugePages asks for pages of 2 MiB from the pool that the administrator reserved (vm.nr_hugepages). Default: Avoid,
	// which still takes what transparent huge pages give.
	HugePages Preference

	// TxMetadata and SoftwareChecksum: see Config.
	TxMetadata       Preference
	SoftwareChecksum bool
}

// Umem is memory cut into frames and shared with the kernel, for one Queue or for many: on other queues of the same
// interface, and on other interfaces.
//
// Each Queue takes its own part of it, frames for receiving first, then packed slots for sending, and gives it back at
// Close. A part of a Queue in zero-copy mode is not used again: the driver may hold frames longer than the socket lives.
// Queues that share a Umem are all in zero-copy mode or all in copy mode, as the first one was opened; the same is true
// of need_wakeup and of multi-buffer.
//
// Its methods may be called from any goroutine.
type Umem struct {
	mem  []byte
	cfg  UmemConfig
	huge error // why there are no huge pages, if they were wanted; nil if there are

	mu     sync.Mutex // held while a Queue is opened or closed
	free   []region   // parts that no Queue has, in order, never adjacent
	queues []*Queue   // open and bound
	closed bool

	metadata    uint32 // bytes before each frame to send that the kernel reads requests from; 0 without TX metadata
	metadataErr error  // why it is 0 where it was wanted
}

// region is the bytes of a Umem from one offset up to another, whole chunks.
type region struct{ from, to uint64 }

// NewUmem maps memory. It needs no privilege; the first Queue opened on it has the kernel lock it, which may. The error
// wraps ErrConfig for a size no kernel would take, else the errno of mmap: ENOMEM where huge pages are required and the
// pool has none.
func NewUmem(cfg UmemConfig) (*Umem, error) {
	if cfg.FrameSize == 0 {
		cfg.FrameSize = defaultFrameSize
	}
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	chunk := int(cfg.FrameSize)
	cfg.Size = (cfg.Size + chunk - 1) / chunk * chunk
	u := &Umem{cfg: cfg}
	if cfg.HugePages.wanted() {
		u.mem, u.huge = mapHuge(cfg.Size)
		if u.huge != nil && cfg.HugePages == Require {
			return nil, fmt.Errorf("allocate UMEM of %d bytes in huge pages (see vm.nr_hugepages): %w", cfg.Size, u.huge)
		}
	}
	if u.mem == nil {
		var err error
		if u.mem, err = mapUmem(cfg.Size); err != nil {
			return nil, fmt.Errorf("allocate UMEM of %d bytes: %w", cfg.Size, err)
		}
	}
	u.free = []region{{0, uint64(cfg.Size)}}
	return u, nil
}

// check validates a UmemConfig whose defaults have been filled in.
func (c UmemConfig) check() error {
	switch {
	case c.FrameSize != 2048 && c.FrameSize != 4096:
		return fmt.Errorf("frame size %d: want 2048 or 4096", c.FrameSize)
	case int(c.FrameSize) > os.Getpagesize():
		return fmt.Errorf("frame size %d: larger than a page of %d", c.FrameSize, os.Getpagesize())
	case c.Size <= 0 || c.Size > math.MaxInt-hugePage:
		return fmt.Errorf("UMEM of %d bytes: want a positive size that this machine can address", c.Size)
	case c.HugePages > Require:
		return fmt.Errorf("unknown preference %d of huge pages", uint8(c.HugePages))
	case c.TxMetadata > Require:
		return fmt.Errorf("unknown preference %d of TX metadata", uint8(c.TxMetadata))
	case c.SoftwareChecksum && !c.TxMetadata.wanted():
		return errors.New("checksums in software are asked for by TX metadata, which is not wanted")
	}
	return nil
}

// Size returns how many bytes the Umem has.
func (u *Umem) Size() int { return u.cfg.Size }

// Frame returns the frame at addr, an offset into the Umem as a descriptor has it: from addr to the end of its chunk, and
// no further however it is grown. addr is bounded as an index into a slice is.
func (u *Umem) Frame(addr uint64) []byte {
	end := (addr | uint64(u.cfg.FrameSize-1)) + 1
	return u.mem[addr:end:end]
}

// Close unmaps the memory, on which no Queue may be open any more: else it does nothing, and its error wraps EBUSY.
// Further calls do nothing and return nil.
func (u *Umem) Close() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.closed {
		return nil
	}
	if n := len(u.queues); n > 0 {
		return fmt.Errorf("close UMEM: %d queues are open on it: %w", n, unix.EBUSY)
	}
	u.closed = true
	return os.NewSyscallError("munmap", unix.Munmap(u.mem))
}

// take finds room for l, the first that is large enough, and places l there. The caller holds mu.
func (u *Umem) take(l umemLayout) (umemLayout, error) {
	for i, r := range u.free {
		if r.to-r.from < l.size {
			continue
		}
		if u.free[i].from += l.size; u.free[i].from == r.to {
			u.free = append(u.free[:i], u.free[i+1:]...)
		}
		l.base = r.from
		return l, nil
	}
	return l, fmt.Errorf("UMEM of %d bytes has no %d bytes left in one piece: %w", u.cfg.Size, l.size, unix.ENOMEM)
}

// giveBack makes the part that l has free again, one with free parts beside it. The caller holds mu.
func (u *Umem) giveBack(l umemLayout) {
	r := region{l.base, l.base + l.size}
	i := 0
	for i < len(u.free) && u.free[i].from < r.from {
		i++
	}
	if i < len(u.free) && u.free[i].from == r.to {
		r.to = u.free[i].to
		u.free = append(u.free[:i], u.free[i+1:]...)
	}
	if i > 0 && u.free[i-1].to == r.from {
		u.free[i-1].to = r.to
		return
	}
	u.free = append(u.free[:i], append([]region{r}, u.free[i:]...)...)
}

// lead returns the Queue whose socket a new one shares the UMEM of, or nil if it is the first: or an error if the new one
// demands what the others do not have, or a queue that one of them has. The caller holds mu.
func (u *Umem) lead(cfg Config) (*Queue, error) {
	if u.closed {
		return nil, fmt.Errorf("UMEM: %w", os.ErrClosed)
	}
	if cfg.HugePages == Require && (u.huge != nil || !u.cfg.HugePages.wanted()) {
		return nil, fmt.Errorf("%w: huge pages are required, and the UMEM is not in them", ErrConfig)
	}
	if len(u.queues) == 0 {
		return nil, nil
	}
	for _, q := range u.queues {
		if q.info.Ifindex == cfg.Ifindex && q.info.Queue == cfg.Queue {
			return nil, fmt.Errorf("it is open on this UMEM already: %w", unix.EBUSY)
		}
	}
	has := u.queues[0].info
	for _, c := range []struct {
		what    string
		has     bool
		require bool
		refuse  bool
	}{
		{"zero-copy", has.ZeroCopy, cfg.Bind == BindZeroCopy, cfg.Bind == BindCopy},
		{"need_wakeup", has.NeedWakeup, cfg.NeedWakeup == Require, false},
		{"multi-buffer", has.MultiBuffer, cfg.MultiBuffer == Require, false},
	} {
		switch {
		case c.require && !c.has:
			return nil, fmt.Errorf("%w: %s is required, and the UMEM's other queues are without", ErrConfig, c.what)
		case c.refuse && c.has:
			return nil, fmt.Errorf("%w: %s is not wanted, and the UMEM's other queues are in it", ErrConfig, c.what)
		}
	}
	return u.queues[0], nil
}

// leave takes q, whose sockets are closed, off the UMEM. The caller holds mu.
func (u *Umem) leave(q *Queue) {
	if q.taken && !q.info.ZeroCopy {
		u.giveBack(q.layout)
	}
	q.taken = false
	u.queues = slices.DeleteFunc(u.queues, func(other *Queue) bool { return other == q })
}

// hugePage is the size of the huge pages asked for, in bytes.
const hugePage = 2 << 20

// mapHuge allocates the memory of a UMEM in pages of 2 MiB that have been reserved. Of the last one a part may be unused.
func mapHuge(size int) ([]byte, error) {
	mem, err := unix.Mmap(-1, 0, (size+hugePage-1)/hugePage*hugePage, unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_HUGETLB|unix.MAP_HUGE_2MB|unix.MAP_POPULATE)
	return mem, os.NewSyscallError("mmap", err)
}

// mapUmem allocates the memory of a UMEM, its pages present: huge ones where the kernel has some to give (transparent
// huge pages), which takes half the time, and as much of the processor's memory for pages.
func mapUmem(size int) ([]byte, error) {
	mem, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return nil, os.NewSyscallError("mmap", err)
	}
	// Without either, on an older kernel, the pages come when the UMEM is registered.
	_ = unix.Madvise(mem, unix.MADV_HUGEPAGE)
	_ = unix.Madvise(mem, unix.MADV_POPULATE_WRITE)
	return mem, nil
}
