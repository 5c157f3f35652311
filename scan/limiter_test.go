package scan

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// drive runs a limiter over a time during which every sleep takes somewhat longer than asked, and returns how many
// probes went out and the most in any window of ten milliseconds.
func drive(rate float64, total time.Duration, oversleep func() time.Duration) (sent, burst int) {
	now := time.Hour // a clock may begin anywhere
	l := newLimiter(rate).startAt(now)
	type batch struct {
		at time.Duration
		n  int
	}
	var window []batch
	inWindow := 0
	for end := now + total; now < end; {
		n := l.due(now, 1<<30)
		if n == 0 {
			now += l.wait() + oversleep()
			continue
		}
		l.sent(n)
		sent += n
		window, inWindow = append(window, batch{now, n}), inWindow+n
		for now-window[0].at >= 10*time.Millisecond {
			window, inWindow = window[1:], inWindow-window[0].n
		}
		burst = max(burst, inWindow)
		now += 10 * time.Microsecond
	}
	return sent, burst
}

// TestLimiterKeepsTheRate is exact on average, whatever sleep does.
func TestLimiterKeepsTheRate(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	oversleep := map[string]func() time.Duration{
		"exact":   func() time.Duration { return 0 },
		"usual":   func() time.Duration { return time.Duration(r.IntN(200)) * time.Microsecond },
		"loaded":  func() time.Duration { return time.Duration(r.IntN(3)) * time.Millisecond },
		"hiccups": func() time.Duration { return time.Duration(r.IntN(500)/499) * 20 * time.Millisecond },
	}
	for _, rate := range []float64{0.5, 7, 1000, 9999.5, 100e3, 500e3, 20e6} {
		for name, o := range oversleep {
			total := 20 * time.Second
			want := rate * total.Seconds()
			sent, burst := drive(rate, total, o)
			if diff := math.Abs(float64(sent) - want); diff > want*0.005+1 {
				t.Errorf("rate %v, %s sleep: %d sent, want %.0f", rate, name, sent, want)
			}
			if most := rate*0.025 + 2; name != "hiccups" && float64(burst) > most {
				t.Errorf("rate %v, %s sleep: %d within 10 ms, want %.0f at most", rate, name, burst, most)
			}
		}
	}
}

// TestLimiterForgetsLongStalls sends nothing in a burst after a minute of standstill.
func TestLimiterForgetsLongStalls(t *testing.T) {
	const rate = 100e3
	l := newLimiter(rate).startAt(0)
	l.sent(l.due(0, 1<<30))
	now := time.Minute
	n := l.due(now, 1<<30)
	if limit := int(maxBurst.Seconds()*rate) + 1; n > limit {
		t.Errorf("%d due at once after a minute, want %d at most", n, limit)
	}
	total := 0
	for range 2000 { // a second of ticks
		l.sent(n)
		total += n
		now += tick
		n = l.due(now, 1<<30)
	}
	if most := int(rate*catchUp) + int(maxBurst.Seconds()*rate) + 1; total > most {
		t.Errorf("%d in the second after a stall, want %d at most", total, most)
	}
	if least := int(rate * 1.2); total < least {
		t.Errorf("%d in the second after a stall, want %d at least: what a quarter of a second is worth is made up for",
			total, least)
	}
}

func TestLimiterWithoutLimit(t *testing.T) {
	l := newLimiter(0)
	if n := l.due(5, 77); n != 77 {
		t.Errorf("due = %d without a limit, want all 77", n)
	}
}

// TestLimiterCatchesUpInPieces sends what a late wake-up owes although it is more than one batch, and although a probe
// was left over from before: neither may cost credit.
func TestLimiterCatchesUpInPieces(t *testing.T) {
	const rate = 300e3
	l := newLimiter(rate).startAt(0)
	now, total := time.Duration(0), 0
	for range 2000 { // every sleep takes 3 ms, which is worth 900 probes
		now += 3 * time.Millisecond
		for limit := 1; ; limit = batchSize { // one is left over
			n := l.due(now, limit)
			l.sent(n)
			total += n
			now += 20 * time.Microsecond
			if n < limit {
				break
			}
		}
	}
	if want := rate * now.Seconds(); float64(total) < want*0.999 {
		t.Errorf("%d sent, want %.0f", total, want)
	}
}

// TestLimiterDoesNotSaveUp lets nothing accumulate while the ring is full.
func TestLimiterDoesNotSaveUp(t *testing.T) {
	l := newLimiter(1000).startAt(0)
	now := time.Duration(0)
	for range 1000 { // ten seconds in which the engine takes nothing
		now += 10 * time.Millisecond
		l.due(now, 256)
		l.sent(0)
	}
	if n := l.due(now, 256); n > 20 {
		t.Errorf("%d due at once after ten seconds without room, want a few", n)
	}
}

// TestLimiterChangesRate goes from one rate to the next, and from and to none, without a burst or a gap.
func TestLimiterChangesRate(t *testing.T) {
	l := newLimiter(1000).startAt(0)
	now := time.Duration(0)
	for _, rate := range []float64{1000, 1050, 100e3, 20, 0, 5000} {
		l.setRate(rate, now)
		if rate == 0 {
			if n := l.due(now, 77); n != 77 {
				t.Errorf("%d due without a limit, want all 77", n)
			}
			continue
		}
		total := 0
		for end := now + time.Second; now < end; now += tick {
			l.setRate(rate, now)
			n := l.due(now, 1<<30)
			l.sent(n)
			total += n
		}
		if math.Abs(float64(total)-rate) > rate/100+5 { // what was owed
			t.Errorf("%d sent in a second at %v", total, rate)
		}
	}
}

// TestLimiterTakesAnyRate: no rate, however large or small, makes more due than was asked for, or less than nothing.
func TestLimiterTakesAnyRate(t *testing.T) {
	for _, rate := range []float64{math.SmallestNonzeroFloat64, 1e-12, 0.1, 1e9, 1e18, 3e19, 1e20, 1e100, math.MaxFloat64, math.Inf(1)} {
		l := newLimiter(rate).startAt(0)
		now := time.Duration(0)
		for range 1000 {
			now += time.Millisecond
			n := l.due(now, batchSize)
			if n < 0 || n > batchSize || rate > 1e6 && n != batchSize || rate < 1 && n > 1 {
				t.Fatalf("rate %v: %d of a batch of %d are due", rate, n, batchSize)
			}
			l.sent(n)
			if wait := l.wait(); wait < tick {
				t.Fatalf("rate %v: wait %v", rate, wait)
			}
		}
	}
}

// TestLimiterAfterAStall: what is owed is made up for a quarter above the rate at any time, none of it in a burst, and what a
// quarter of a second is worth is all of it.
func TestLimiterAfterAStall(t *testing.T) {
	const rate = 100e3
	for _, changed := range []bool{false, true} { // while the process stood still
		l := newLimiter(rate).startAt(0)
		l.sent(l.due(0, 1<<30))
		now, total := time.Minute, 0
		if changed {
			l.setRate(rate/2, now)
			l.setRate(rate, now)
		}
		for at := time.Duration(0); at <= 5*time.Second; at += tick {
			n := l.due(now+at, 1<<30)
			l.sent(n)
			total += n
			if most := rate*(0.010+1.25*at.Seconds()) + 1; float64(total) > most {
				t.Fatalf("%d sent within %v of a stall, want %.0f at most", total, at, most)
			}
		}
		least, most := int(5.2*rate), int(5.25*rate)+1
		if changed {
			least -= rate / 8 // half the rate is owed half as much
		}
		if total < least || total > most {
			t.Errorf("%d sent within five seconds of a stall, want %d to %d", total, least, most)
		}
	}
}
