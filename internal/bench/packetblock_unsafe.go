package bench

import (
	"iter"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// packetBlockView is a block of a TPACKET_V3 ring.
type packetBlockView struct {
	status *atomic.Uint32 // whose it is
	mem    []byte
}

// packetBlockAt returns the i-th block.
//
// Sound because the ring is an mmap, which Go does not move and the receiver keeps until it is closed, because blocks are whole
// pages, and because the status lies 8 bytes into one.
func packetBlockAt(ring []byte, i int) packetBlockView {
	mem := ring[i*packetBlock:][:packetBlock]
	header := unsafe.Offsetof(unix.TpacketBlockDesc{}.Hdr)
	return packetBlockView{(*atomic.Uint32)(unsafe.Pointer(&mem[header])), mem}
}

// isOurs says whether the kernel has handed the block over.
func (b *packetBlockView) isOurs() bool { return b.status.Load()&unix.TP_STATUS_USER != 0 }

// giveBack hands the block back; its frames are gone then.
func (b *packetBlockView) giveBack() { b.status.Store(unix.TP_STATUS_KERNEL) }

// frames yields the frames of a block that is ours, in place.
//
// Sound because the kernel aligns each header to 16 bytes, and because slicing checks that it lies inside the block.
func (b *packetBlockView) frames() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		desc := (*unix.TpacketHdrV1)(unsafe.Pointer(&b.mem[unsafe.Offsetof(unix.TpacketBlockDesc{}.Hdr)]))
		at := desc.Offset_to_first_pkt
		for range desc.Num_pkts {
			rest := b.mem[at:]
			h := (*unix.Tpacket3Hdr)(unsafe.Pointer(&rest[:unsafe.Sizeof(unix.Tpacket3Hdr{})][0]))
			if !yield(rest[h.Mac:][:h.Snaplen]) {
				return
			}
			at += h.Next_offset
		}
	}
}
