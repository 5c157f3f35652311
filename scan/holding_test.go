package scan

import (
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/packet"
)

// holdingEngine takes all there is and sends it some time later, as a ring does whose device is slow. It looks each time at what
// counts as done.
type holdingEngine struct {
	t          *testing.T
	rand       *rand.Rand
	work       *work
	taken      int
	left       int // of them, the first so many
	most       int // that it holds
	downAt     int // probes after which the device is down for once
	wasDown    bool
	sinceDown  int // sends since
	flushed    bool
	mostBehind uint64 // targets that had left and did not count as done
}

func (e *holdingEngine) check() {
	p := e.work.progress(0)
	if p.Probed > uint64(e.left) {
		e.t.Fatalf("%d targets count as done when %d of %d probes have left", p.Probed, e.left, e.taken)
	}
	e.mostBehind = max(e.mostBehind, uint64(e.left)-p.Probed)
}

func (e *holdingEngine) send(probes []packet.Probe) (int, error) {
	e.check()
	e.taken += len(probes)
	e.left = max(e.left, e.taken-e.rand.IntN(e.most+1))
	if e.downAt > 0 && e.taken > e.downAt && !e.wasDown {
		e.wasDown = true
		return len(probes), unix.ENETDOWN
	}
	if e.wasDown && !e.flushed {
		if e.sinceDown++; e.sinceDown > 1 {
			e.t.Error("what an engine took while its device was down is not looked after when it is up again")
		}
	}
	return len(probes), nil
}

func (e *holdingEngine) flush() (int, error) {
	e.check()
	e.flushed = e.flushed || e.sinceDown > 0
	e.left += (e.taken - e.left + 1) / 2
	return e.taken - e.left, nil
}

func (e *holdingEngine) held() int                       { return e.taken - e.left }
func (*holdingEngine) reset([]packet.Probe) (int, error) { return 0, nil }
func (e *holdingEngine) drain() int                      { return e.taken - e.left }
func (*holdingEngine) dropped() uint64                   { return 0 }
func (*holdingEngine) refused() uint64                   { return 0 }
func (*holdingEngine) settle(int) error                  { return nil }

// TestSenderWaitsForWhatIsHeld: a unit counts as done when its last probe has left, and not when the engine has taken it; and
// soon after, though the sender never has time.
func TestSenderWaitsForWhatIsHeld(t *testing.T) {
	for _, most := range []int{0, 1, 300, 5000} {
		e := &holdingEngine{t: t, rand: rand.New(rand.NewPCG(1, uint64(most))), most: most}
		s, _ := newTestSender(t, e, 0)
		e.work, e.downAt = s.gen.work, 1000
		var never atomic.Bool
		s.probe(&never)
		if e.taken != 4096 || e.left != e.taken || !e.work.complete() {
			t.Errorf("holding %d: %d probes were taken and %d have left, when nothing is left to be sent; complete: %v", most, e.taken, e.left,
				e.work.complete())
		}
		if limit := 2*e.work.size + batchSize; e.mostBehind > limit {
			t.Errorf("holding %d: %d targets had left and did not count as done, want %d at most", most, e.mostBehind, limit)
		}
	}
}
