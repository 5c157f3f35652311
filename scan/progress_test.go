package scan

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/xsweep/xsweep/packet"
)

// cutOff runs a scan in sessions. In each, generators take turns at random, and what they make leaves late, in order and
// in part; then the session is cut off, and the next one begins with the progress of some moment of it. It returns the
// targets of the probes that left, how often each, and those of the sessions alone that were not cut off.
func cutOff(t *testing.T, cfg Config, senders int, r *rand.Rand) map[target]int {
	t.Helper()
	left := make(map[target]int)
	for session := 0; ; session++ {
		s, err := prepare(cfg)
		if err != nil {
			t.Fatalf("session %d: %v", session, err)
		}
		cuts := 1 + r.IntN(120) // turns
		if session == 8 {
			cuts = 1 << 30
		}
		progress, complete := runSession(t, s, senders, cuts, left, r)
		if complete {
			return left
		}
		text, err := progress.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Resume = new(State)
		if err := cfg.Resume.Progress.UnmarshalBinary(text); err != nil {
			t.Fatal(err)
		}
	}
}

// runSession is one session of so many turns. It returns the progress at one of the moments, or that the work is done.
func runSession(t *testing.T, s *Scan, senders, turns int, left map[target]int, r *rand.Rand) (Progress, bool) {
	t.Helper()
	type line struct { // a sender: what it has made, and how much of that has left
		gen     *generator
		waiting []packet.Probe
		gone    uint64
		ended   bool
	}
	todo := s.work(senders)
	lines := make([]*line, senders)
	for i := range lines {
		lines[i] = &line{gen: s.generator(todo)}
	}
	kept, now := todo.progress(0), time.Duration(0)
	for range turns {
		l := lines[r.IntN(senders)]
		batch := make([]packet.Probe, s.inARow()+r.IntN(300))
		n, wait := l.gen.fill(batch, now)
		l.waiting = append(l.waiting, batch[:n]...)
		leaving := len(l.waiting)
		if n > 0 {
			leaving = r.IntN(leaving + 1) // all of it where there is nothing more to do
		}
		for _, p := range l.waiting[:leaving] {
			left[target{p.Dst, p.DstPort}]++
		}
		l.waiting = l.waiting[leaving:]
		l.gone += uint64(leaving)
		l.gen.left(l.gone, now)
		l.ended = n == 0 && wait == 0
		if r.IntN(8) == 0 {
			kept = todo.progress(now)
		}
		now += time.Millisecond
		if !slices.ContainsFunc(lines, func(l *line) bool { return !l.ended || len(l.waiting) > 0 }) && todo.complete() {
			return Progress{}, true
		}
	}
	return kept, false
}

// TestCutOffsMissNothing: whenever a scan is cut off, and whatever moment before that it goes on from, every target of the
// shard is probed, with a limit the same ones as without cuts, and with several passes as often as there are passes.
func TestCutOffsMissNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	for round := range 60 {
		cfg := dry(t, set(t, "198.18.0.0/20", "198.19.0.3"), 80, 81, 82)
		cfg.Seed, cfg.Rate = r.Uint64(), []float64{0, 1000, 1e5}[r.IntN(3)]
		cfg.Shards, cfg.Shard = 3, uint32(r.IntN(3))
		if round%2 == 0 {
			cfg.MaxTargets = 1 + r.Uint64N(12_000)
		}
		if round%3 == 0 {
			cfg.Probes, cfg.ProbeInterval = 3, time.Duration(1+r.Int64N(int64(40*time.Millisecond)))
		}
		if round%5 == 0 {
			cfg.Exclude = set(t, "198.18.4.0/22")
		}
		want := make(map[target]int)
		for _, tg := range targetsOf(probesOf(t, cfg)) {
			want[tg]++
		}
		got := cutOff(t, cfg, 1+r.IntN(4), r)
		for tg, n := range want {
			if got[tg] < n {
				t.Fatalf("round %d, %+v: %v gets %d probes, want %d", round, cfg.Shard, tg, got[tg], n)
			}
		}
		if len(got) != len(want) {
			t.Errorf("round %d: %d targets, want %d: limit %d", round, len(got), len(want), cfg.MaxTargets)
		}
	}
}

// TestCutOffsInGoodOrder: what has left by the time of the last look is not probed again, but for the units that were out.
func TestCutOffsInGoodOrder(t *testing.T) {
	cfg := dry(t, set(t, "198.18.0.0/18"), 80)
	s, err := prepare(cfg)
	if err != nil {
		t.Fatal(err)
	}
	todo := s.work(1)
	g, batch := s.generator(todo), make([]packet.Probe, 100)
	for range 50 {
		g.fill(batch, 0)
		g.allLeft(0)
	}
	p := todo.progress(0)
	out := uint64(0)
	for _, u := range p.Units {
		out += u.To - u.From
	}
	if most := 2 * todo.size; p.Probed+most < 5000 || p.Probed > 5000 || out > most || p.Probed+out > p.Next-s.shard.from {
		t.Errorf("after 5000 probes, in units of %d: %+v", todo.size, p)
	}
}

// TestTakenBackProbesAreNotDone: targets excluded while their probes wait are not counted as probed, and the unit that
// they are of comes back when the others have left.
func TestTakenBackProbesAreNotDone(t *testing.T) {
	cfg := dry(t, set(t, "198.18.0.0/20"), 80)
	cfg.Probes, cfg.MaxTargets = 2, 3000
	s, err := prepare(cfg)
	if err != nil {
		t.Fatal(err)
	}
	todo := s.work(1)
	g := s.generator(todo)
	made := 0
	for len(g.finished) < 2 {
		n, _ := g.fill(make([]packet.Probe, 200), 0)
		made += n
	}
	first, second := g.finished[0], g.finished[1]
	g.takeBack(first.made-2, true)    // both probes of the last target of the first unit
	g.takeBack(first.made-2, false)   // now the number of the other one
	g.takeBack(second.made-1-2, true) // one probe of the second unit, whose numbers have moved
	g.left(first.made-3, 0)
	if len(todo.out) < 2 {
		t.Error("the first unit is done while one of its probes has not left")
	}
	g.left(first.made-2, 0)
	g.left(second.made-4, 0)
	if len(todo.out) < 1 || todo.total.probed != first.probed-1 {
		t.Errorf("%d targets are done, want %d", todo.total.probed, first.probed-1)
	}
	g.left(second.made-3, 0)
	if want := first.probed + second.probed - 2; todo.total.probed != want || todo.total.excluded != 2 || g.excluded != 2 {
		t.Errorf("%+v are done, want %d probed and 2 left out", todo.total, want)
	}
	if g.made != uint64(made-3) {
		t.Errorf("%d probes made, want %d", g.made, made-3)
	}
}

// TestResumeRefuses what does not fit the scan.
func TestResumeRefuses(t *testing.T) {
	cfg := dry(t, set(t, "198.18.0.0/20"), 80)
	s, err := prepare(cfg)
	if err != nil {
		t.Fatal(err)
	}
	end := s.shard.to
	tests := []struct {
		name string
		p    Progress
		ok   bool
	}{
		{"the beginning", Progress{}, true},
		{"the end", Progress{Next: end, Probed: 4096}, true},
		{"a unit", Progress{Next: 10, Probed: 7, Units: []Unit{{From: 2, To: 5}}}, true},
		{"beyond the end", Progress{Next: end + 1}, false},
		{"a unit beyond what was begun", Progress{Next: 10, Units: []Unit{{From: 5, To: 11}}}, false},
		{"an empty unit", Progress{Next: 10, Units: []Unit{{From: 5, To: 5}}}, false},
		{"a unit that ends before it begins", Progress{Next: 10, Units: []Unit{{From: 5, To: 4}}}, false},
		{"a second pass", Progress{Next: 10, Units: []Unit{{From: 5, To: 6, Pass: 1}}}, false},
		{"units twice", Progress{Next: 10, Units: []Unit{{From: 0, To: 10}, {From: 9, To: 10}}}, false},
		{"more targets than positions", Progress{Next: 10, Probed: 11}, false},
		{"more targets than positions that are done", Progress{Next: 10, Probed: 8, Units: []Unit{{From: 2, To: 5}}}, false},
	}
	for _, tt := range tests {
		cfg.Resume = &State{Progress: tt.p}
		if _, err := prepare(cfg); (err == nil) != tt.ok || err != nil && !errors.Is(err, ErrConfig) {
			t.Errorf("%s: error %v", tt.name, err)
		}
	}
}

func FuzzProgress(f *testing.F) {
	for _, p := range []Progress{{}, {Next: 1 << 47, Probed: 5, Excluded: 1, Units: []Unit{{1, 2, 0, 0}, {3, 1 << 40, 7, time.Hour}}}} {
		b, _ := p.AppendBinary(nil)
		f.Add(b)
		f.Add(append(b, 0))
	}
	f.Add([]byte{0, 0, 0, 255, 255, 255, 255, 15})
	f.Fuzz(func(t *testing.T, b []byte) {
		var p, again Progress
		if p.UnmarshalBinary(b) != nil {
			return
		}
		text, err := p.AppendBinary(nil)
		if err != nil || again.UnmarshalBinary(text) != nil || !slices.Equal(p.Units, again.Units) || p.Next != again.Next {
			t.Errorf("%+v comes back as %+v", p, again)
		}
	})
}

// TestResumeInSmallerUnits: a unit of a scan that was faster comes back in pieces, of which none is left out and none twice, each
// when it is due.
func TestResumeInSmallerUnits(t *testing.T) {
	const due = 7 * time.Second
	w := newWork(0, 1000, 0, 20) // units of one position
	w.repeat(3, time.Second)
	w.restore(&Progress{Next: 500, Units: []Unit{{From: 100, To: 105, Pass: 2}, {From: 300, To: 303, Pass: 1, Wait: due}}})
	var got []unit
	for _, now := range []time.Duration{0, due} {
		if now == due {
			if p := w.progress(due - time.Second); p.Units[len(p.Units)-1].Wait != time.Second {
				t.Errorf("a second before it is due the last unit of %+v waits for %v", p.Units, p.Units[len(p.Units)-1].Wait)
			}
		}
		for {
			u, ok := w.claimDelayed(now)
			if !ok {
				break
			}
			got = append(got, u)
			w.done(u, tally{}, now+time.Hour)
		}
	}
	want := []unit{{100, 101, 2}, {101, 102, 2}, {102, 103, 2}, {103, 104, 2}, {104, 105, 2}, {300, 301, 1}, {301, 302, 1}, {302, 303, 1}}
	if !slices.Equal(got, want) {
		t.Errorf("units %v come back, want %v", got, want)
	}
}
