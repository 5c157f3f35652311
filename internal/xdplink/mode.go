package xdplink

import "fmt"

// Mode is where in the kernel an XDP program runs.
type Mode uint8

// The modes. The zero Mode is ModeAuto.
const (
	ModeAuto    Mode = iota // native where the driver can, else generic
	ModeNative              // in the driver, before the kernel makes an skb of the frame
	ModeGeneric             // after that, on any driver, slower
)

var modeNames = [...]string{"auto", "native", "generic"}

// String returns the name that ParseMode takes.
func (m Mode) String() string {
	if int(m) < len(modeNames) {
		return modeNames[m]
	}
	return fmt.Sprintf("mode %d", m)
}

// ParseMode is the inverse of String: auto, native or generic.
func ParseMode(name string) (Mode, error) {
	for i, n := range modeNames {
		if n == name {
			return Mode(i), nil
		}
	}
	return 0, fmt.Errorf("XDP mode %q: not auto, native or generic", name)
}
