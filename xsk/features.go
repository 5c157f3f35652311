package xsk

import (
	"fmt"
	"math/bits"
	"strings"
)

// Features is what the driver of an interface can do for XDP and AF_XDP, as it says itself (Linux 6.3 and newer).
type Features struct {
	Driver string // kernel's name of the driver, such as "ixgbe"; "" if it does not tell

	XDP        XDPFeatures
	RxMetadata RxMetadataFeatures // Linux 6.8 and newer
	TxMetadata TxMetadataFeatures // Linux 6.8 and newer

	// ZeroCopyMaxSegs is of how many buffers a packet may consist in zero-copy mode: 1 where there is no multi-buffer,
	// 0 where there is no zero-copy (or before Linux 6.6).
	ZeroCopyMaxSegs int
}

// String returns one line, such as "veth: XDP basic|redirect|rx-sg".
func (f Features) String() string {
	driver := f.Driver
	if driver == "" {
		driver = "unnamed driver"
	}
	s := driver + ": XDP " + f.XDP.String()
	if f.RxMetadata != 0 {
		s += ", RX metadata " + f.RxMetadata.String()
	}
	if f.TxMetadata != 0 {
		s += ", TX metadata " + f.TxMetadata.String()
	}
	if f.ZeroCopyMaxSegs > 1 {
		s += fmt.Sprintf(", zero-copy of up to %d buffers a packet", f.ZeroCopyMaxSegs)
	}
	return s
}

// XDPFeatures is a set of what a driver can do for XDP (enum netdev_xdp_act of linux/netdev.h). Some of it comes and
// goes with the device's settings: veth and virtio_net have NdoXmit only while they can deliver such frames.
type XDPFeatures uint64

// The XDP features.
const (
	Basic       XDPFeatures = 1 << iota // native XDP: XDP_ABORTED, XDP_DROP, XDP_PASS, XDP_TX
	Redirect                            // XDP_REDIRECT from this device, to AF_XDP sockets too
	NdoXmit                             // redirected and live frames can be sent to this device
	XSKZeroCopy                         // AF_XDP in zero-copy mode
	HWOffload                           // the device itself runs XDP programs
	RxSG                                // received packets of several buffers
	NdoXmitSG                           // NdoXmit of packets of several buffers
)

// Has reports whether f includes every feature of want.
func (f XDPFeatures) Has(want XDPFeatures) bool { return f&want == want }

// String returns the names of the features, joined by "|", or "none".
func (f XDPFeatures) String() string { return bitNames(uint64(f), xdpFeatureNames[:]) }

// xdpFeatureNames is indexed by bit number.
var xdpFeatureNames = [...]string{"basic", "redirect", "ndo-xmit", "xsk-zerocopy", "hw-offload", "rx-sg", "ndo-xmit-sg"}

// RxMetadataFeatures is a set of what a driver can tell an XDP program of a received packet (enum
// netdev_xdp_rx_metadata).
type RxMetadataFeatures uint64

// The RX metadata features.
const (
	RxTimestamp RxMetadataFeatures = 1 << iota // when the hardware received it
	RxHash                                     // its RSS hash
	RxVLANTag                                  // the VLAN tag that the hardware stripped
)

// String returns the names of the features, joined by "|", or "none".
func (f RxMetadataFeatures) String() string { return bitNames(uint64(f), rxMetadataNames[:]) }

// rxMetadataNames is indexed by bit number.
var rxMetadataNames = [...]string{"timestamp", "hash", "vlan-tag"}

// TxMetadataFeatures is a set of what a driver does on request for a frame that an AF_XDP socket sends in zero-copy mode (enum
// netdev_xsk_flags).
type TxMetadataFeatures uint64

// The TX metadata features.
const (
	TxTimestamp  TxMetadataFeatures = 1 << iota // tells when the hardware sent it
	TxChecksum                                  // fills in a checksum
	TxLaunchTime                                // sends it at a given time
)

// String returns the names of the features, joined by "|", or "none".
func (f TxMetadataFeatures) String() string { return bitNames(uint64(f), txMetadataNames[:]) }

// txMetadataNames is indexed by bit number.
var txMetadataNames = [...]string{"timestamp", "checksum", "launch-time"}

// bitNames joins the names of the bits that are set. A bit that has no name, of a newer kernel, is shown by its value.
func bitNames(set uint64, names []string) string {
	if set == 0 {
		return "none"
	}
	var words []string
	for ; set != 0; set &= set - 1 {
		bit := bits.TrailingZeros64(set)
		if bit < len(names) {
			words = append(words, names[bit])
		} else {
			words = append(words, fmt.Sprintf("%#x", uint64(1)<<bit))
		}
	}
	return strings.Join(words, "|")
}
