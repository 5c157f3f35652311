package scan

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/xsweep/xsweep/output"
)

// notebook is a Keeper that remembers what it was told.
type notebook struct {
	seen   []uint64
	marked int // of seen, at the last Mark
	failed error
}

func (n *notebook) Seen(key uint64)   { n.seen = append(n.seen, key) }
func (n *notebook) Mark() error       { n.marked = len(n.seen); return n.failed }
func (n *notebook) Save(*State) error { return n.failed }

// TestCollectorTellsWhatIsNew: a Keeper hears of each answer once, a question is answered behind the answers that came
// before it, and what was seen in an earlier session is a repeat in this one.
func TestCollectorTellsWhatIsNew(t *testing.T) {
	answer := func(addr uint32) output.Record {
		return output.Record{Saddr: addr, Sport: 443, Class: output.SYNACK, Success: true}
	}
	earlier := []uint64{answerKey(7, 443, output.SYNACK), answerKey(8, 443, output.RST)}
	var text bytes.Buffer
	keep := new(notebook)
	c := newCollector(1, allFields(t, &text), &Config{Keeper: keep, Seen: slices.Values(earlier)})
	c.mark = keep.Mark
	question := answers{marked: make(chan error, 1)}
	for _, addrs := range [][]uint32{{1, 2, 1}, {7, 8}, nil, {3}} {
		if addrs == nil {
			c.in <- &question
			continue
		}
		b := <-c.back
		for i, addr := range addrs {
			b.records[i] = answer(addr)
		}
		b.n = len(addrs)
		c.in <- b
	}
	close(c.in)
	c.run()
	var want []uint64
	for _, addr := range []uint32{1, 2, 8, 3} { // 7 is known; of 8 another class is
		want = append(want, answerKey(addr, 443, output.SYNACK))
	}
	if !slices.Equal(keep.seen, want) || keep.marked != 3 {
		t.Errorf("told of %x, %d of them before the question; want %x, 3", keep.seen, keep.marked, want)
	}
	if c.n.hits.Load() != 4 || c.n.repeats.Load() != 2 {
		t.Errorf("%d hits and %d repeats, want 4 and 2", c.n.hits.Load(), c.n.repeats.Load())
	}
}

// TestCollectorWithoutDedupRemembersNothing: there would be nothing to bring back.
func TestCollectorWithoutDedupRemembersNothing(t *testing.T) {
	var text bytes.Buffer
	keep := new(notebook)
	c := newCollector(1, allFields(t, &text), &Config{Keeper: keep, Dedup: DedupNone})
	b := <-c.back
	b.records[0], b.n = output.Record{Saddr: 1, Class: output.SYNACK}, 1
	c.in <- b
	close(c.in)
	c.run()
	if len(keep.seen) > 0 {
		t.Errorf("told of %x", keep.seen)
	}
}

// TestAnswerOf is the inverse of answerKey at the edges.
func TestAnswerOf(t *testing.T) {
	for _, addr := range []uint32{0, 1, 1<<32 - 1} {
		for _, port := range []uint16{0, 443, 65535} {
			for _, class := range []output.Class{output.SYNACK, output.RST, output.ICMP} {
				a, p, c := answerOf(answerKey(addr, port, class))
				if a != addr || p != port || c != class {
					t.Errorf("%d, %d, %v come back as %d, %d, %v", addr, port, class, a, p, c)
				}
			}
		}
	}
}

// TestEarlierSessions: counters, times and plans of a scan that goes on.
func TestEarlierSessions(t *testing.T) {
	cfg := dry(t, set(t, "198.18.0.0/24"), 80)
	began := time.Unix(1000, 0)
	before := Snapshot{Began: began, Sending: 10 * time.Second, Elapsed: 18 * time.Second, Resumed: 1, Probes: 130, Probed: 100,
		Rows: 5, Hits: 5, Excluded: 6}
	before.Losses.RingFull, before.Steer.Forged = 3, 4
	cfg.Resume = &State{Counters: before, Progress: Progress{Next: 120, Probed: 100}}
	s, err := prepare(cfg)
	if err != nil {
		t.Fatal(err)
	}
	now := Snapshot{Began: began.Add(time.Minute), Elapsed: 3 * time.Second, Sending: 2 * time.Second, Targets: 256, Probes: 20,
		Probed: 20, Rows: 7, Hits: 2, Excluded: 1}
	now.Losses.RingFull, now.Steer.Forged = 1, 1
	now.addEarlier(s.earlier())
	now.Planned = s.planned(&now)
	want := Snapshot{Began: began, Away: 50 * time.Second, Elapsed: 13 * time.Second, Sending: 12 * time.Second, Resumed: 2,
		Targets: 256, Probes: 150, Probed: 120, Rows: 7, Hits: 7, Excluded: 7, Planned: 256 - 7 + 30}
	want.Losses.RingFull, want.Steer.Forged = 4, 5
	if now != want {
		t.Errorf("\n%+v, want\n%+v", now, want)
	}
}

// TestCheckpointErrorKeepsItsCause, for hints.
func TestCheckpointErrorKeepsItsCause(t *testing.T) {
	cause := errors.New("the cause")
	if err := error(&CheckpointError{cause}); !errors.Is(err, cause) {
		t.Errorf("%v does not wrap its cause", err)
	}
}
