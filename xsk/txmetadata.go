package xsk

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// txMetadataBytes is the size of struct xsk_tx_metadata of linux/if_xdp.h, which lies right before a frame to send: 64 bits
// of flags, then for a checksum 16 bits where summing starts and 16 bits from there to where the sum is stored.
const txMetadataBytes = 24

// RequestChecksum has the device fill in the checksum of the i-th reserved frame: the Internet checksum over its bytes from
// start on is stored start+offset bytes into it, where the frame holds the sum of the pseudo-header already. In copy mode
// the kernel leaves that to the device as for its own packets (CHECKSUM_PARTIAL); in zero-copy mode the driver must have
// TxChecksum among its TxMetadataFeatures, or the request is lost.
//
// It reports false, and requests nothing, if the Queue has no TX metadata, or if the checksum would lie outside the frame:
// call it after SetLen. i is bounded as an index into a slice is.
func (q *TxQueue) RequestChecksum(i, start, offset int) bool {
	addr := q.window[i]
	d := q.desc(i)
	// The kernel would refuse such a frame for ever, and with it all that come after.
	length := int(d.Len)
	if q.metadata == 0 || start < 0 || start > length || offset < 0 || offset > length-start-2 {
		return false
	}
	m := q.umem[addr-q.metadata : addr]
	binary.NativeEndian.PutUint64(m, unix.XDP_TXMD_FLAGS_CHECKSUM)
	binary.NativeEndian.PutUint16(m[8:], uint16(start))
	binary.NativeEndian.PutUint16(m[10:], uint16(offset))
	d.Options |= unix.XDP_TX_METADATA
	return true
}
