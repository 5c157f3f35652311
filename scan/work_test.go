package scan

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/xsweep/xsweep/blocklist"
	"github.com/xsweep/xsweep/packet"
)

// targetsOf is the targets of probes, in order.
func targetsOf(probes []packet.Probe) []target {
	list := make([]target, len(probes))
	for i, p := range probes {
		list[i] = target{p.Dst, p.DstPort}
	}
	return list
}

// runSenders takes the probes of s with n generators whose turns come at random, in batches of random sizes, as the rates
// and rings of senders have it.
func runSenders(t *testing.T, s *Scan, n int) []packet.Probe {
	t.Helper()
	r := rand.New(rand.NewPCG(uint64(n), 5))
	todo := s.work(n)
	var waiting []*generator
	for range n {
		waiting = append(waiting, s.generator(todo))
	}
	var all []packet.Probe
	now := time.Duration(0)
	for len(waiting) > 0 {
		i := r.IntN(len(waiting))
		batch := make([]packet.Probe, s.cfg.Probes+r.IntN(300))
		got, wait := waiting[i].fill(batch, now)
		waiting[i].allLeft(now)
		if all = append(all, batch[:got]...); got == 0 && wait == 0 {
			waiting = slices.Delete(waiting, i, i+1)
		}
		now += time.Millisecond
	}
	return all
}

// TestSendersShareTheTargets: with any number of senders every target of a shard is probed once, and with a limit the
// same targets as with one sender: the first ones of the shard.
func TestSendersShareTheTargets(t *testing.T) {
	for _, limit := range []uint64{0, 1, 7, 255, 256, 257, 1000, 30_000, 99_999} {
		cfg := dry(t, set(t, "198.18.0.0/17", "198.19.0.3"), 80, 81, 82)
		cfg.MaxTargets = limit
		s, err := prepare(cfg)
		if err != nil {
			t.Fatal(err)
		}
		want := targetsOf(probesOf(t, cfg))
		if n := uint64(len(want)); limit > 0 && n != min(limit, s.space.Len()) {
			t.Errorf("limit %d: %d targets", limit, n)
		}
		sortTargets(want)
		for _, n := range []int{1, 2, 3, 7} {
			got := targetsOf(runSenders(t, s, n))
			if sortTargets(got); !slices.Equal(got, want) {
				t.Errorf("limit %d: %d senders probe %d targets, not the %d that one does", limit, n, len(got), len(want))
			}
		}
	}
}

func sortTargets(list []target) {
	slices.SortFunc(list, func(a, b target) int {
		return int(int64(a.addr)<<16|int64(a.port)) - int(int64(b.addr)<<16|int64(b.port))
	})
}

// TestShardsCoverTheScan: all shards together probe every target once, and with a limit as many as that.
func TestShardsCoverTheScan(t *testing.T) {
	addrs := set(t, "198.18.0.0/23", "198.18.9.9")
	for _, shards := range []uint32{1, 2, 3, 7, 16, 100, 1026} {
		for _, limit := range []uint64{0, 5, 500} {
			seen := make(map[target]int)
			ids := make(map[string]bool)
			announced := uint64(0)
			for i := range shards {
				cfg := dry(t, addrs, 80, 443)
				cfg.Shards, cfg.Shard, cfg.MaxTargets = shards, i, limit
				d, err := NewDryRun(cfg)
				if err != nil {
					t.Fatal(err)
				}
				ids[d.ID()] = true
				announced += d.Targets()
				for batch := range d.Probes() {
					for _, tg := range targetsOf(batch) {
						seen[tg]++
					}
				}
			}
			for tg, n := range seen {
				if n != 1 {
					t.Errorf("%d shards: %v is probed %d times", shards, tg, n)
				}
			}
			want := uint64(1026)
			if limit > 0 {
				want = limit
			}
			if announced != want {
				t.Errorf("%d shards, limit %d: %d targets announced, want %d", shards, limit, announced, want)
			}
			if limit == 0 && uint64(len(seen)) != want || uint64(len(seen)) > want {
				t.Errorf("%d shards, limit %d: %d targets, want %d", shards, limit, len(seen), want)
			}
			if len(ids) != 1 {
				t.Errorf("%d shards have %d names", shards, len(ids))
			}
		}
	}
}

// TestLimitStaysInTheShard: a shard that lacks targets for its part of the limit does not take them from the next one.
func TestLimitStaysInTheShard(t *testing.T) {
	cfg := dry(t, set(t, "198.18.0.0/22"), 80)
	cfg.Shards, cfg.MaxTargets, cfg.Exclude = 4, 1000, set(t, "198.18.0.0/23")
	seen := make(map[target]int)
	for cfg.Shard = range cfg.Shards {
		for _, tg := range targetsOf(probesOf(t, cfg)) {
			if seen[tg]++; seen[tg] > 1 {
				t.Errorf("shard %d: %v is probed again", cfg.Shard, tg)
			}
		}
	}
	if len(seen) != 512 {
		t.Errorf("%d targets, want the 512 that are not excluded", len(seen))
	}
}

// TestWorkKeepsSenders: a sender that finds nothing to do is to ask again for as long as there may be something, and then
// never again.
func TestWorkKeepsSenders(t *testing.T) {
	tests := []struct {
		name       string
		limit      uint64
		passes     int
		left       uint64        // targets of the unit that are not there
		whileOut   time.Duration // how long to wait while another sender has the unit
		afterwards time.Duration // and when that is done
	}{
		{"everything is handed out", 0, 1, 5, 0, 0},
		{"the limit may move on", 10, 1, 0, pollWork, 0},
		{"another pass", 0, 2, 0, pollWork, time.Second},
		{"another pass of a limit", 10, 2, 0, pollWork, time.Second},
	}
	for _, tt := range tests {
		w := newWork(0, 100, tt.limit, 0)
		w.repeat(tt.passes, time.Second)
		u, ok, _ := w.claim(0)
		if !ok {
			t.Fatalf("%s: no unit", tt.name)
		}
		if _, ok, wait := w.claim(0); ok || wait != tt.whileOut {
			t.Errorf("%s: another unit %v, or in %v, want in %v", tt.name, ok, wait, tt.whileOut)
		}
		w.done(u, tally{probed: u.to - u.from - tt.left}, 0)
		if _, ok, wait := w.claim(0); ok || wait != tt.afterwards {
			t.Errorf("%s: when the unit is done another one %v, or in %v, want in %v", tt.name, ok, wait, tt.afterwards)
		}
	}
}

// TestSecondPass: with an interval, each probe of a target comes from the next source port, and not before the interval
// is over; every target gets as many probes as it should, whatever the rate and the number of senders.
func TestSecondPass(t *testing.T) {
	const interval = 3 * time.Second
	for _, rate := range []float64{0, 50, 2000, 1e6} {
		cfg := dry(t, set(t, "198.18.0.0/22"), 80)
		cfg.Probes, cfg.ProbeInterval, cfg.Rate, cfg.MaxTargets = 3, interval, rate, 1000
		s, err := prepare(cfg)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{1, 3} {
			got := make(map[target]int)
			for _, p := range runSenders(t, s, n) {
				got[target{p.Dst, p.DstPort}]++
			}
			for tg, k := range got {
				if k != 3 {
					t.Fatalf("rate %v, %d senders: %v got %d probes", rate, n, tg, k)
				}
			}
			if len(got) != 1000 {
				t.Errorf("rate %v, %d senders: %d targets", rate, n, len(got))
			}
		}
		checkIntervals(t, s, interval, rate)
	}
}

// TestSecondPassAtAnyRate: a dry run ends also where a batch takes longer than there are nanoseconds to count.
func TestSecondPassAtAnyRate(t *testing.T) {
	for _, rate := range []float64{1e-300, 1e-9, 1, 1e12} {
		cfg := dry(t, set(t, "198.18.0.0/22"), 80)
		cfg.Probes, cfg.ProbeInterval, cfg.Rate = 2, time.Second, rate
		d, err := NewDryRun(cfg)
		if err != nil {
			t.Fatal(err)
		}
		probes := 0
		for batch := range d.Probes() {
			if probes += len(batch); probes > 2*1024 {
				break
			}
		}
		if probes != 2*1024 {
			t.Errorf("rate %v: %d probes or more, want %d", rate, probes, 2*1024)
		}
	}
}

// checkIntervals takes the probes of one sender at its rate, and looks at the times between those of a target.
func checkIntervals(t *testing.T, s *Scan, interval time.Duration, rate float64) {
	t.Helper()
	type probe struct {
		at   time.Duration
		port uint16
	}
	last := make(map[target]probe)
	g, pace := s.generator(s.work(1)), newLimiter(rate)
	batch := make([]packet.Probe, 20)
	for now := time.Duration(0); ; {
		n, wait := g.fill(batch, now)
		g.allLeft(now)
		if n == 0 && wait == 0 {
			return
		}
		for _, p := range batch[:n] {
			tg := target{p.Dst, p.DstPort}
			before, ok := last[tg]
			last[tg] = probe{now, p.SrcPort}
			if !ok {
				continue
			}
			if passed := now - before.at; passed < interval || passed > interval+500*time.Millisecond && rate > 100 {
				t.Fatalf("rate %v: %v is probed again after %v, want %v", rate, tg, passed, interval)
			}
			if next := shift(before.port, s.cfg.SourcePorts, 1); p.SrcPort != next {
				t.Fatalf("%v is probed from port %d after %d", tg, p.SrcPort, before.port)
			}
		}
		now += wait + time.Duration(float64(n)*pace.interval)
	}
}

// TestExclusionKeepsTheOrder: what is excluded is left out from then on, and nothing else changes.
func TestExclusionKeepsTheOrder(t *testing.T) {
	cfg := dry(t, set(t, "198.18.0.0/20"), 80, 443)
	all := probesOf(t, cfg)
	out := set(t, "198.18.3.0/24", "198.18.7.7", "10.0.0.0/8")
	s, err := prepare(cfg)
	if err != nil {
		t.Fatal(err)
	}
	g := s.generator(s.work(1))
	var got, want []packet.Probe
	for i := 0; ; i++ {
		if i == 20 {
			s.Exclude(out)
		}
		batch := make([]packet.Probe, 100)
		n, _ := g.fill(batch, 0)
		if n == 0 {
			break
		}
		got = append(got, batch[:n]...)
	}
	excluded := uint64(0)
	for i, p := range all {
		if i < 2000 || !out.Contains(p.Dst) {
			want = append(want, p)
		} else {
			excluded++
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%d probes, want %d in the same order", len(got), len(want))
	}
	if g.excluded != excluded || excluded == 0 {
		t.Errorf("%d targets counted as left out, want %d", g.excluded, excluded)
	}
}

// TestExclusionWithALimit: a limit counts what is probed.
func TestExclusionWithALimit(t *testing.T) {
	cfg := dry(t, set(t, "198.18.0.0/20"), 80)
	cfg.Exclude, cfg.MaxTargets = set(t, "198.18.0.0/21"), 1000
	probes := probesOf(t, cfg)
	if len(probes) != 1000 {
		t.Errorf("%d probes, want 1000", len(probes))
	}
	for _, p := range probes {
		if cfg.Exclude.Contains(p.Dst) {
			t.Fatalf("%v is probed and excluded", blocklist.ToAddr(p.Dst))
		}
	}
}

// TestExclusionOfEverythingLooksUp: a generator that finds nothing but excluded targets says so from time to time, so that
// its sender can be stopped; and it ends.
func TestExclusionOfEverythingLooksUp(t *testing.T) {
	cfg := dry(t, set(t, "198.18.0.0/17"), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
	cfg.Exclude = blocklist.All()
	s, err := prepare(cfg)
	if err != nil {
		t.Fatal(err)
	}
	g, batch := s.generator(s.work(1)), make([]packet.Probe, 100)
	for {
		before := g.excluded
		n, wait := g.fill(batch, 0)
		if seen := g.excluded - before; n != 0 || seen > patience+groupSize {
			t.Fatalf("fill makes %d probes and looks at %d targets, want 0, %d at most", n, seen, patience+groupSize)
		}
		if wait == 0 {
			break
		}
	}
	if g.excluded != s.space.Len() {
		t.Errorf("%d targets counted as left out, want %d", g.excluded, s.space.Len())
	}
}

// TestWorkConcurrently has real threads take a limited shard: the race detector's look at what they share.
func TestWorkConcurrently(t *testing.T) {
	cfg := dry(t, set(t, "198.18.0.0/16"), 80)
	cfg.MaxTargets, cfg.Probes, cfg.ProbeInterval = 60_000, 2, time.Nanosecond
	s, err := prepare(cfg)
	if err != nil {
		t.Fatal(err)
	}
	todo, clock := s.work(4), newClock()
	counts := make([]int, 4)
	var senders sync.WaitGroup
	for i := range counts {
		senders.Go(func() {
			g := s.generator(todo)
			batch := make([]packet.Probe, 64)
			for {
				n, wait := g.fill(batch, clock.now())
				g.allLeft(clock.now())
				if n == 0 && wait == 0 {
					return
				}
				counts[i] += n
			}
		})
	}
	senders.Wait()
	total := 0
	for _, n := range counts {
		total += n
	}
	if total != 120_000 {
		t.Errorf("%v probes, want 120000 in all", counts)
	}
}

// TestBatchesAreOfOnePass: what a generator makes at once is of one pass, by which a sender counts first probes.
func TestBatchesAreOfOnePass(t *testing.T) {
	cfg := dry(t, set(t, "198.18.0.0/21"), 80)
	cfg.Probes, cfg.ProbeInterval = 3, time.Nanosecond // a unit is due again when it is done
	s, err := prepare(cfg)
	if err != nil {
		t.Fatal(err)
	}
	g := s.generator(s.work(1))
	probed := make(map[target]int)
	for now := time.Duration(0); ; now++ {
		batch := make([]packet.Probe, 300)
		n, wait := g.fill(batch, now)
		if n == 0 && wait == 0 {
			break
		}
		for _, tg := range targetsOf(batch[:n]) {
			if probed[tg] != g.pass {
				t.Fatalf("a probe of %v in a batch of pass %d is its probe %d", tg, g.pass, probed[tg])
			}
			probed[tg]++
		}
		g.allLeft(now)
	}
	if len(probed) != 2048 {
		t.Errorf("%d targets were probed, want 2048", len(probed))
	}
}
