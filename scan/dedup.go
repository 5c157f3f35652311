package scan

import (
	"cmp"
	"fmt"

	"github.com/xsweep/xsweep/output"
)

// DedupMethod is how an answer is recognized as a repeat. Whatever the method, a repeat is the same: a target, an address
// and a port, has given an answer of this class before.
type DedupMethod uint8

// The methods. The zero DedupMethod is DedupDefault.
const (
	DedupDefault DedupMethod = iota // DedupFull, for any number of ports
	DedupFull                       // remember all answers: exact, 11 to 16 bytes each, up to Config.DedupMemory
	DedupWindow                     // remember the last ones: Config.DedupWindow, as far as Config.DedupMemory allows
	DedupNone                       // remember none: no answer is a repeat
)

// DefaultDedupWindow is the number of answers that DedupWindow remembers unless told otherwise. They take 32 MB.
const DefaultDedupWindow = 1_000_000

// MaxDedupWindow is the largest number of answers that DedupWindow can remember.
const MaxDedupWindow = 1 << 30

var dedupNames = [...]string{DedupDefault: "default", DedupFull: "full", DedupWindow: "window", DedupNone: "none"}

// String returns the name that ParseDedupMethod takes.
func (m DedupMethod) String() string {
	if int(m) < len(dedupNames) {
		return dedupNames[m]
	}
	return fmt.Sprintf("dedup method %d", uint8(m))
}

// ParseDedupMethod is the inverse of String: default, full, window or none.
func ParseDedupMethod(name string) (DedupMethod, error) {
	for i, n := range dedupNames {
		if n == name {
			return DedupMethod(i), nil
		}
	}
	return 0, fmt.Errorf("dedup method %q is not default, full, window or none", name)
}

// WindowSize is how many answers DedupWindow remembers: DedupWindow of them, or as many as have room in DedupMemory.
func (cfg *Config) WindowSize() int {
	size := cmp.Or(cfg.DedupWindow, DefaultDedupWindow)
	if cfg.DedupMemory > 0 {
		size = min(size, windowWithin(cfg.DedupMemory))
	}
	return size
}

// dedup remembers which answers have been seen. It is for one goroutine.
type dedup interface {
	// seen records an answer and tells whether it was there before.
	seen(addr uint32, port uint16, class output.Class) bool
}

func newDedup(cfg *Config) dedup {
	switch cfg.Dedup {
	case DedupWindow:
		size := cfg.WindowSize()
		if size < cfg.DedupWindow {
			cfg.Logger.Warn("the window does not fit in memory: it is smaller", "answers", size, "wanted", cfg.DedupWindow,
				"bytes", cfg.DedupMemory)
		}
		return newDedupWindow(size)
	case DedupNone:
		return forgetful{}
	default:
		return newDedupTables(cfg.DedupMemory, cfg.Logger)
	}
}

// forgetful has seen nothing.
type forgetful struct{}

func (forgetful) seen(uint32, uint16, output.Class) bool { return false }

// answerKey is an answer in one word that is never 0.
func answerKey(addr uint32, port uint16, class output.Class) uint64 {
	return (uint64(class)<<48 | uint64(addr)<<16 | uint64(port)) + 1
}

// answerOf is the inverse of answerKey, for any number.
func answerOf(key uint64) (addr uint32, port uint16, class output.Class) {
	key--
	return uint32(key >> 16), uint16(key), output.Class(key >> 48)
}

// mix spreads keys over all 64 bits, and keeps different ones different: half of the finalizer of MurmurHash3. A
// multiplication alone would put addresses that follow each other, as answers of a network do, next to each other.
//
// The seed is a random number of each scan. Without it, who owns many of the targets could choose which of them answer, so
// that all those have one place and each look for one goes through all the others.
func mix(key, seed uint64) uint64 {
	key ^= seed
	key ^= key >> 33
	key *= 0xff51afd7ed558ccd
	key ^= key >> 33
	return key * 0xc4ceb9fe1a85ec53
}
