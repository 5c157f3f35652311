package scan

import (
	"math/rand/v2"
	"testing"

	"github.com/xsweep/xsweep/bpf"
)

// TestXDPEngineHeld: what is not held are the first probes taken, and all of those have left, whichever of a call the driver
// refuses. A unit that counts as done is not probed again when the scan is cut off.
func TestXDPEngineHeld(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for range 200 {
		var e xdpEngine
		var waiting []int // probes by number, in the order of the entries
		for taken := 0; taken < 500 || len(waiting) > 0; {
			if len(waiting) == 0 || taken < 500 && r.IntN(4) == 0 {
				for range 1 + r.IntN(60) {
					waiting = append(waiting, taken)
					taken++
					e.waiting++
				}
			}
			var left []int
			res := bpf.EmitResult{First: len(waiting)}
			refuses := false
			for i, p := range waiting {
				if r.IntN(8) == 0 {
					refuses = !refuses
				}
				if refuses {
					res.First = min(res.First, i)
					left = append(left, p)
				}
			}
			waiting, res.Left = left, len(left)
			e.settleCall(res)
			gone := taken - e.held()
			if len(waiting) > 0 && gone > waiting[0] || gone < 0 {
				t.Fatalf("of %d probes taken the first %d are said to have left, and probe %d waits", taken, gone, waiting[0])
			}
			if len(waiting) == 0 && gone != taken {
				t.Fatalf("%d of %d are held when all have left", e.held(), taken)
			}
		}
	}
}

// TestXDPEngineHoldsNoMore: where nothing has left out of turn, only what waits is held.
func TestXDPEngineHoldsNoMore(t *testing.T) {
	e := xdpEngine{waiting: 100}
	e.settleCall(bpf.EmitResult{Left: 40, First: 60}) // the last ones
	if e.held() != 40 {
		t.Errorf("%d are held, want the 40 that wait", e.held())
	}
	e.settleCall(bpf.EmitResult{Left: 10, First: 20}) // numbers 80 to 89 of 100
	if e.held() != 20 {
		t.Errorf("%d are held, want 10 that wait and 10 behind them", e.held())
	}
}
