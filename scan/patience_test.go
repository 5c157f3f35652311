package scan

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xsweep/xsweep/output"
	"github.com/xsweep/xsweep/packet"
)

// crampedOutput has room for so many rows on its disk, and for one more in memory.
type crampedOutput struct {
	room    atomic.Int64
	rows    []uint32 // accepted
	count   atomic.Uint64
	flushes atomic.Int64
}

func (o *crampedOutput) Write(r *output.Record) error {
	if o.Flush() != nil {
		return errCramped
	}
	o.rows = append(o.rows, r.Saddr)
	o.count.Add(1)
	return o.Flush()
}

func (o *crampedOutput) Flush() error {
	o.flushes.Add(1)
	if int64(o.count.Load()) > o.room.Load() {
		return errCramped
	}
	return nil
}

func (o *crampedOutput) Rows() uint64 { return o.count.Load() }

var errCramped = fmt.Errorf("write x.csv: %w", output.ErrFull)

// collectCramped starts a collector of an output with little room, and gives it so many batches of two answers.
func collectCramped(out *crampedOutput, patience time.Duration, batches int) (c *collector, log *bytes.Buffer, done chan struct{}) {
	log, done = new(bytes.Buffer), make(chan struct{})
	c = newCollector(1, out, &Config{OutputPatience: patience, Logger: slog.New(slog.NewTextHandler(log, nil))})
	for n := range batches {
		b := <-c.back
		b.n = 2
		b.records[0], b.records[1] = output.Record{Saddr: uint32(2 * n)}, output.Record{Saddr: uint32(2*n + 1)}
		c.in <- b
	}
	go func() { defer close(done); c.run() }()
	return c, log, done
}

// TestCollectorWaitsForRoom: while there is no room, batches stay in the queue and the pause is on. When there is, every
// row is written, once and in order.
func TestCollectorWaitsForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := new(crampedOutput)
		out.room.Store(3)
		c, log, done := collectCramped(out, time.Minute, 100)
		time.Sleep(10*time.Second + retryEvery/2)
		synctest.Wait()
		if !c.pause.isOn() || len(c.in) != 98 || out.Rows() != 4 {
			t.Errorf("pause is on: %v, %d batches wait, %d rows are accepted, want true, 98 and 4", c.pause.isOn(), len(c.in), out.Rows())
		}
		if n := out.flushes.Load(); n > 2*4+20 {
			t.Errorf("%d attempts in 10 seconds", n)
		}
		out.room.Store(1000)
		time.Sleep(retryEvery)
		synctest.Wait()
		if c.pause.isOn() || c.pause.total().Round(time.Second/2) != 10500*time.Millisecond || len(c.in) != 0 {
			t.Errorf("pause is on: %v, after %v; %d batches wait", c.pause.isOn(), c.pause.total(), len(c.in))
		}
		close(c.in)
		<-done
		for i, addr := range out.rows {
			if addr != uint32(i) {
				t.Fatalf("row %d is that of answer %d", i, addr)
			}
		}
		if len(out.rows) != 200 || c.n.rows.Load() != 200 || c.n.lost.Load() != 0 || len(c.failed) != 0 {
			t.Errorf("%d rows, %d counted, %d lost, %d errors", len(out.rows), c.n.rows.Load(), c.n.lost.Load(), len(c.failed))
		}
		if text := log.String(); strings.Count(text, "\n") != 2 || strings.Count(text, "level=WARN") != 1 {
			t.Errorf("log, want a warning and an end:\n%s", text)
		}
	})
}

// TestCollectorGivesUp when its patience ends, at once where it has none, and when the scan is over. It reports the error
// once, leaves the output alone from then on, and counts what comes later.
func TestCollectorGivesUp(t *testing.T) {
	tests := []struct {
		name     string
		patience time.Duration
		abort    time.Duration // 0 for never
		after    time.Duration
	}{
		{"in the end", 2 * time.Second, 0, 2 * time.Second},
		{"at once", 0, 0, 0},
		{"with the scan", time.Hour, 3 * time.Second, 3 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				out := new(crampedOutput)
				out.room.Store(3)
				begun := time.Now()
				c, log, done := collectCramped(out, tt.patience, 10)
				if tt.abort > 0 {
					time.AfterFunc(tt.abort, func() { close(c.abort) })
				}
				if err := <-c.failed; !errors.Is(err, output.ErrFull) || time.Since(begun) != tt.after {
					t.Errorf("%v after %v, want %v after %v", err, time.Since(begun), output.ErrFull, tt.after)
				}
				synctest.Wait()
				before := out.flushes.Load()
				out.room.Store(1000)
				c.mark = func() error { return nil }
				reply := make(chan error)
				c.in <- &answers{marked: reply}
				if <-reply == nil {
					t.Error("a checkpoint counts on rows that are missing")
				}
				close(c.in)
				<-done
				if out.flushes.Load() != before || len(out.rows) != 4 {
					t.Errorf("called %d times more, %d rows, want none and 4", out.flushes.Load()-before, len(out.rows))
				}
				if c.n.lost.Load() != 17 || c.n.rows.Load() != 3 || len(c.failed) != 0 {
					t.Errorf("%d lost, %d rows counted, want 17 and 3", c.n.lost.Load(), c.n.rows.Load())
				}
				if lines := strings.Count(log.String(), "\n"); tt.patience == 0 && lines > 0 {
					t.Errorf("log:\n%s", log)
				}
			})
		})
	}
}

// TestCollectorWaitsAtTheEnd, for what the output kept back until then.
func TestCollectorWaitsAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &lateOutput{until: time.Now().Add(5 * time.Second)}
		c := newCollector(1, out, &Config{OutputPatience: time.Minute, Logger: slog.New(slog.DiscardHandler)})
		close(c.in)
		c.run()
		if out.synced != 1 || len(c.failed) != 0 {
			t.Errorf("written %d times, %d errors, want once and none", out.synced, len(c.failed))
		}
	})
}

// lateOutput has something to write that it writes on Sync alone, and no room until later.
type lateOutput struct {
	crampedOutput
	until  time.Time
	synced int
}

func (o *lateOutput) Sync() error {
	if time.Now().Before(o.until) {
		return errCramped
	}
	o.synced++
	return nil
}

// TestCollectorAfterFullCheckpoint: an output that found no room for a checkpoint refuses the next row. That is written
// when there is room, and not before then counted as seen.
func TestCollectorAfterFullCheckpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := new(crampedOutput)
		out.count.Store(1) // accepted, and not written
		keep := new(keyCounter)
		c := newCollector(1, out, &Config{OutputPatience: time.Minute, Logger: slog.New(slog.DiscardHandler), Keeper: keep})
		c.mark = out.Flush
		reply := make(chan error)
		done := make(chan struct{})
		go func() { defer close(done); c.run() }()
		c.in <- &answers{marked: reply}
		if err := <-reply; !errors.Is(err, output.ErrFull) {
			t.Errorf("the checkpoint: %v, want %v", err, output.ErrFull)
		}
		b := <-c.back
		b.n, b.records[0] = 1, output.Record{Saddr: 7}
		c.in <- b
		synctest.Wait()
		if keep.keys != 0 {
			t.Error("an answer is kept that the output does not have")
		}
		out.room.Store(10)
		close(c.in)
		<-done
		if len(out.rows) != 1 || out.rows[0] != 7 || keep.keys != 1 || c.n.lost.Load()+c.n.filtered.Load() != 0 {
			t.Errorf("rows %v, %d kept, %d lost, %d filtered, want that of answer 7", out.rows, keep.keys, c.n.lost.Load(), c.n.filtered.Load())
		}
	})
}

// keyCounter is a Keeper that counts.
type keyCounter struct{ keys int }

func (k *keyCounter) Seen(uint64)       { k.keys++ }
func (k *keyCounter) Mark() error       { return nil }
func (k *keyCounter) Save(*State) error { return nil }

// TestSenderPauses: no probe goes out while the pause is on, RSTs do, and afterwards all go on where they were.
func TestSenderPauses(t *testing.T) {
	want := probesOf(t, dry(t, set(t, "198.18.0.0/21"), 80, 443))
	e := &moodyEngine{rand: rand.New(rand.NewPCG(3, 4))}
	s, _ := newTestSender(t, e, 0)
	s.pause = &pause{clock: newClock()}
	s.pause.begin()
	owed := new(resetQueue)
	for i := range uint32(100) {
		owed.push(packet.Probe{Seq: i})
	}
	s.resets = []*resetQueue{owed}
	var never atomic.Bool
	done := make(chan struct{})
	go func() { defer close(done); s.probe(&never) }()
	for owed.len() > 0 {
		time.Sleep(time.Millisecond)
	}
	if n := s.n.probes.Load(); n != 0 {
		t.Errorf("%d probes were sent during the pause", n)
	}
	s.pause.end()
	<-done
	if len(e.sent) != len(want) {
		t.Errorf("%d probes were sent, want %d", len(e.sent), len(want))
	}
}
