package scan

import (
	"errors"
	"strings"
	"testing"

	"github.com/xsweep/xsweep/bpf"
	"github.com/xsweep/xsweep/xsk"
)

func TestExpectEngine(t *testing.T) {
	const native = bpf.ModeNative
	full := xsk.Features{Driver: "ena", XDP: xsk.Basic | xsk.Redirect | xsk.NdoXmit}
	tests := []struct {
		name   string
		p      Prospect
		rate   float64
		engine Engine
		why    string // its beginning
	}{
		{"zero-copy at any rate", Prospect{Features: full, Mode: native, ZeroCopy: true}, 0, EngineXSK, "zero-copy"},
		{"copy mode reaches the rate", Prospect{Features: full, Mode: native}, CopyModeRate, EngineXSK, "copy mode"},
		{"above it", Prospect{Features: full, Mode: native}, CopyModeRate + 1, EngineXDP, "faster"},
		{"without limit", Prospect{Features: full, Mode: native}, 0, EngineXDP, "faster"},
		{"in generic mode", Prospect{Features: full, Mode: bpf.ModeGeneric}, 0, EngineXSK, "not xdp: the program is attached in generic"},
		{"no XDP transmit", Prospect{Features: xsk.Features{Driver: "ixgbevf"}, Mode: native}, 0, EngineXSK,
			"not xdp: engine xdp on : live XDP frames are not available: driver ixgbevf"},
		{"a kernel that cannot tell", Prospect{FeaturesErr: errors.ErrUnsupported, Mode: native}, 0, EngineXSK, "not xdp: engine xdp on"},
		{"a kernel that cannot", Prospect{Features: full, Mode: native, NoEmit: bpf.ErrNoEmit}, 0, EngineXSK, "not xdp: live XDP frames"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			engine, why := ExpectEngine(tt.p, tt.rate)
			if engine != tt.engine || !strings.HasPrefix(why, tt.why) {
				t.Errorf("ExpectEngine at %v = %v, %q, want %v, %q", tt.rate, engine, why, tt.engine, tt.why)
			}
		})
	}
}

// TestLockedMemory holds that more is locked for more queues, for higher rates, and where a driver keeps a ring filled.
func TestLockedMemory(t *testing.T) {
	copyMode := xsk.Features{XDP: xsk.Basic}
	zeroCopy := xsk.Features{XDP: xsk.Basic | xsk.XSKZeroCopy}
	slow := LockedMemory(Prospect{Queues: 1, Features: copyMode}, 10e3)
	fast := LockedMemory(Prospect{Queues: 1, Features: copyMode}, 0)
	zero := LockedMemory(Prospect{Queues: 1, Features: zeroCopy}, 0)
	two := LockedMemory(Prospect{Queues: 2, Features: copyMode}, 10e3)
	if slow < 2048*2048 || fast < 3*slow || zero < fast*3/2 || two != 2*slow {
		t.Errorf("bytes locked: %d slow, %d fast, %d with zero-copy, %d on two queues", slow, fast, zero, two)
	}
}
