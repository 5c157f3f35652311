package xsk

import "fmt"

// BindMode says how a socket may be bound to its queue.
type BindMode uint8

// The bind modes. In zero-copy the driver works on the UMEM itself; in copy mode the kernel builds an skb for
// every frame sent and copies every frame received, on any driver.
const (
	BindAuto     BindMode = iota // zero-copy where the driver can, else copy
	BindZeroCopy                 // zero-copy, or Open fails
	BindCopy                     // copy, even where the driver could do better
)

// bindModeNames is indexed by BindMode.
var bindModeNames = [...]string{BindAuto: "auto", BindZeroCopy: "zero-copy", BindCopy: "copy"}

// String returns the name that ParseBindMode reads.
func (m BindMode) String() string {
	if int(m) < len(bindModeNames) {
		return bindModeNames[m]
	}
	return fmt.Sprintf("BindMode(%d)", uint8(m))
}

// ParseBindMode reads "auto", "zero-copy" or "copy". Any other text is an error that wraps ErrConfig.
func ParseBindMode(s string) (BindMode, error) {
	for m, name := range bindModeNames {
		if s == name {
			return BindMode(m), nil
		}
	}
	return 0, fmt.Errorf("%w: bind mode %q: want auto, zero-copy or copy", ErrConfig, s)
}
