package scan

import (
	"log/slog"
	"math"
	"testing"
	"time"
)

// easedDevice is one that takes so many frames a second, and is looked at as Run does.
type easedDevice struct {
	easing
	now             time.Duration
	probes, refused uint64
	capacity        float64
}

func newDevice(asked, capacity float64) *easedDevice {
	d := &easedDevice{capacity: capacity}
	d.pace, d.log = new(pace), slog.New(slog.DiscardHandler)
	d.pace.set(asked)
	return d
}

// pass lets some time go by. What is not taken is offered again and again.
func (d *easedDevice) pass(seconds float64) {
	for end := d.now + time.Duration(seconds*1e9); d.now < end; {
		d.now += easeEvery
		offered := d.pace.rate()
		if offered == 0 {
			offered = 1e7
		}
		sent := min(offered, d.capacity) * easeEvery.Seconds()
		d.probes += uint64(sent)
		if offered > d.capacity {
			d.refused += 3 * uint64(offered*easeEvery.Seconds()-sent)
		}
		d.look(d.now, d.probes, 0, d.refused)
	}
}

// TestEasingFollowsTheDevice goes down to what a device takes, stays near it, and goes up again when it takes more, as
// far as was asked.
func TestEasingFollowsTheDevice(t *testing.T) {
	for _, asked := range []float64{0, 5e6} {
		d := newDevice(asked, 1e6)
		d.pass(60)
		if got := d.pace.rate(); got < 0.7e6 || got > 1.1e6 {
			t.Errorf("asked for %v of a device that takes 1000000: %.0f", asked, got)
		}
		d.capacity = 1e8
		d.pass(300)
		if got := d.pace.rate(); asked > 0 && got != asked || asked == 0 && got < 1e7 {
			t.Errorf("asked for %v of a device that takes all: %.0f", asked, got)
		}
	}
}

// TestEasingWithoutALimit: where no rate was asked for there is none again after a while, and the limit does not grow
// for ever.
func TestEasingWithoutALimit(t *testing.T) {
	d := newDevice(0, 1e6)
	d.pass(10)
	if !d.pace.eased() {
		t.Fatal("the rate is not eased")
	}
	d.capacity = 1e12
	d.pass(600)
	if d.pace.eased() || d.pace.rate() != 0 {
		t.Errorf("rate %v after ten minutes without trouble, want no limit", d.pace.rate())
	}
}

// TestEasingSurvivesAStall does not let a moment in which nothing was taken end a scan.
func TestEasingSurvivesAStall(t *testing.T) {
	d := newDevice(0, 1e6)
	d.pass(10)
	d.capacity = 0
	d.pass(60)
	if got := d.pace.rate(); got < easeFloor {
		t.Errorf("rate %v after a stall, want at least %d", got, easeFloor)
	}
}

// TestEasingAfterAStop: a process that was stopped, or a machine that was taken away, sent next to nothing for as long. That
// is no measure of the device, also where frames are refused as it goes on.
func TestEasingAfterAStop(t *testing.T) {
	for _, asked := range []float64{0, 5e6} {
		d := newDevice(asked, 1e7)
		d.pass(10)
		was := float64(d.probes) / d.now.Seconds()
		d.now += 30 * time.Second
		d.probes += 100_000
		d.refused += 10_000
		d.look(d.now, d.probes, 0, d.refused)
		if got := d.pace.rate(); got < easeMost*was {
			t.Errorf("asked for %v: %.0f after a stop of half a minute, want at least half of the %.0f before", asked, got, was)
		}
	}
}

// TestEasingLooksAtNoMoment: of two looks at once the second one changes nothing, whatever came in between.
func TestEasingLooksAtNoMoment(t *testing.T) {
	d := newDevice(5e6, 1e7)
	d.pass(10)
	d.probes += 100
	d.refused += 100
	for _, later := range []time.Duration{0, time.Millisecond} {
		d.look(d.now+later, d.probes, 0, d.refused)
		if got := d.pace.rate(); got != 5e6 {
			t.Errorf("%v after the look before: %.0f", later, got)
		}
	}
	d.now += easeEvery
	d.look(d.now, d.probes, 0, d.refused)
	if !d.pace.eased() {
		t.Error("what was refused in between is forgotten")
	}
}

// TestEasingOfDrops: one frame in 500 may be lost, and not one in 400. The rate follows what arrived, not what was sent.
func TestEasingOfDrops(t *testing.T) {
	for _, c := range []struct {
		oneIn uint64
		want  float64
	}{{600, 1e6}, {400, easeDown * 1e6 * 399 / 400}, {2, easeMost * 1e6}} {
		d := newDevice(1e6, 1e7)
		d.pass(1)
		sent := uint64(1e6 * easeEvery.Seconds())
		d.look(d.now+easeEvery, d.probes+sent, sent/c.oneIn, 0)
		if got := d.pace.rate(); math.Abs(got-c.want) > 1 {
			t.Errorf("one in %d lost: rate %.0f, want %.0f", c.oneIn, got, c.want)
		}
	}
}

// TestEasingLetsAFewGo leaves the rate alone for what is less than one frame in 20.
func TestEasingLetsAFewGo(t *testing.T) {
	d := newDevice(1e6, 1e7)
	for range 100 {
		d.refused += 9_000
		d.pass(easeEvery.Seconds())
	}
	if got := d.pace.rate(); got != 1e6 {
		t.Errorf("rate %v, want what was asked for", got)
	}
}

// TestEasingEnds: a link that was gone for a while, so that the rate fell to the least there is, does not slow a scan down
// for long.
func TestEasingEnds(t *testing.T) {
	d := newDevice(1e6, 0)
	d.pass(60)
	if got := d.pace.rate(); got != easeFloor {
		t.Fatalf("rate %v after a minute in which nothing was taken, want %d", got, easeFloor)
	}
	d.capacity = 1e8
	d.pass(90)
	if got := d.pace.rate(); got != 1e6 {
		t.Errorf("rate %.0f after a minute and a half without trouble, want what was asked for", got)
	}
}
