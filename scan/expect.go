package scan

import (
	"github.com/xsweep/xsweep/bpf"
	"github.com/xsweep/xsweep/xsk"
)

// Prospect is what is known of an interface before anything is opened on it.
type Prospect struct {
	Interface string // its name, for messages
	Queues    int

	Features    xsk.Features // of its driver
	FeaturesErr error        // why they are not known

	Mode     bpf.Mode // in which the program will be attached: native or generic
	ZeroCopy bool     // sockets will have it
	NoEmit   error    // why this kernel, or what it allows this process, is not enough for engine xdp; nil if it is
}

// ExpectEngine returns the engine that Open will take at this rate where none is asked for, in packets per second and with 0
// for no limit, and why. It is what Open goes by itself, but for what only trying tells.
func ExpectEngine(p Prospect, rate float64) (engine Engine, why string) {
	cfg := Config{Interface: p.Interface, Rate: rate}
	engine, why, _ = cfg.choose(outlook{zeroCopy: p.ZeroCopy, mode: p.Mode, open: func() error {
		if p.NoEmit != nil {
			return p.NoEmit
		}
		return cfg.canEmit(p.Features, p.FeaturesErr)
	}})
	return engine, why
}

// LockedMemory returns how many bytes the sockets of a scan at this rate keep in memory that cannot be paged out, which is
// what RLIMIT_MEMLOCK limits.
func LockedMemory(p Prospect, rate float64) int {
	cfg := Config{Ifindex: 1, Rate: rate}
	mayZeroCopy := p.FeaturesErr != nil || p.Features.XDP.Has(xsk.XSKZeroCopy)
	queue := cfg.socket(p.Queues, mayZeroCopy)
	return p.Queues * queue.UmemBytes()
}
