package nexthop

import (
	"context"
	"encoding/binary"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// fakeLink is a link with hosts on it, in the time of a synctest bubble.
type fakeLink struct {
	alive map[uint32]int        // host: how many questions it does not hear
	asked map[uint32]int        // questions that were on the link
	times []time.Time           // of all questions
	queue [][]byte              // frames not received yet
	room  func(sent int) bool   // whether there is room for one more; nil: always
	noise func(q uint32) []byte // one more frame after a question; nil: none
}

func newFakeLink(alive map[uint32]int) *fakeLink {
	return &fakeLink{alive: alive, asked: map[uint32]int{}}
}

func (l *fakeLink) send(frame []byte) (bool, error) {
	if l.room != nil && !l.room(len(l.times)) {
		return false, nil
	}
	q := binary.BigEndian.Uint32(frame[targetIPAt:])
	l.asked[q]++
	l.times = append(l.times, time.Now())
	if deaf, ok := l.alive[q]; ok && l.asked[q] > deaf {
		l.queue = append(l.queue, reply(macOf(q), q))
	}
	if l.noise != nil {
		l.queue = append(l.queue, l.noise(q))
	}
	return true, nil
}

func (l *fakeLink) receive(buf []byte) (int, error) {
	if len(l.queue) == 0 {
		return 0, nil
	}
	n := copy(buf, l.queue[0])
	l.queue = l.queue[1:]
	return n, nil
}

func (l *fakeLink) wait(d time.Duration) error {
	if len(l.queue) == 0 {
		time.Sleep(d)
	}
	return nil
}

const base = 0xc6120000 // 198.18.0.0

func block(n int) []uint32 {
	addrs := make([]uint32, n)
	for i := range addrs {
		addrs[i] = base + uint32(i)
	}
	return addrs
}

// run asks for addrs and returns the table and the time it took.
func run(t *testing.T, l *fakeLink, addrs []uint32, opts LinkOptions) (*Table, time.Duration) {
	t.Helper()
	opts, err := opts.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	a := newAsker(l, newARPRequest(macOf(base+1), base+1), addrs, opts)
	start := time.Now()
	if err := a.run(t.Context()); err != nil {
		t.Fatalf("run: %v", err)
	}
	return a.table, time.Since(start)
}

func TestAskerFindsThoseAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newFakeLink(map[uint32]int{base + 3: 0, base + 7: 1, base + 9: 2}) // heard at once, the second time, never
		l.noise = func(q uint32) []byte { return reply(macOf(q), q+1<<16) }     // nobody asked for that one
		table, _ := run(t, l, append(block(16), base+3, base+3), LinkOptions{})
		for i := range uint32(16) {
			mac, ok := table.Lookup(base + i)
			if want := i == 3 || i == 7; ok != want || ok && mac != macOf(base+i) {
				t.Errorf("Lookup(%v) = %x, %v, want %v", addrOf(base+i), mac, ok, want)
			}
			asked := 2 // in each pass
			if i == 3 {
				asked = 1
			}
			if l.asked[base+i] != asked {
				t.Errorf("%v was asked %d times, want %d", addrOf(base+i), l.asked[base+i], asked)
			}
		}
		if table.Len() != 2 {
			t.Errorf("Len = %d, want 2", table.Len())
		}
	})
}

// TestAskerPace checks the rate over a pass and in its worst tenth of a second.
func TestAskerPace(t *testing.T) {
	for _, rate := range []int{10, 2000, 30000} {
		synctest.Test(t, func(t *testing.T) {
			l := newFakeLink(nil)
			n := 3 * rate
			run(t, l, block(n), LinkOptions{RatePPS: rate, Passes: 1})
			took := l.times[n-1].Sub(l.times[0])
			if took < 2900*time.Millisecond || took > 3100*time.Millisecond {
				t.Errorf("%d questions at %d/s took %v, want 3s", n, rate, took)
			}
			for i, j := 0, 0; i < n; i++ {
				for j < n && l.times[j].Sub(l.times[i]) < 100*time.Millisecond {
					j++
				}
				if most := rate/10 + rate/50 + 2; j-i > most {
					t.Fatalf("at %d/s %d questions in 100 ms, want at most %d", rate, j-i, most)
				}
			}
		})
	}
}

func TestAskerEndsWithTheLastAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := map[uint32]int{}
		for _, addr := range block(100) {
			all[addr] = 0
		}
		table, took := run(t, newFakeLink(all), block(100), LinkOptions{Wait: time.Hour})
		if table.Len() != 100 || took >= time.Hour {
			t.Errorf("%d of 100 found in %v", table.Len(), took)
		}
	})
}

func TestAskerAsksAgainWhenThereIsRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newFakeLink(nil)
		blocked := 0
		l.room = func(sent int) bool { // after 50, the queue is full for a while
			if sent == 50 && blocked < 20 {
				blocked++
				return false
			}
			return true
		}
		run(t, l, block(100), LinkOptions{Passes: 1})
		for _, addr := range block(100) {
			if l.asked[addr] != 1 {
				t.Errorf("%v was asked %d times, want once", addrOf(addr), l.asked[addr])
			}
		}
		if blocked != 20 {
			t.Errorf("blocked %d times, want 20", blocked)
		}
	})
}

func TestAskerTrustsNewAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts, _ := LinkOptions{}.withDefaults()
		l := newFakeLink(map[uint32]int{base: 0, base + 1: 0})
		a := newAsker(l, newARPRequest(macOf(9), 9), block(3), opts)
		old := macOf(0xffff)
		a.learn(base, old, recalled)
		a.learn(base+1, old, answered)
		a.learn(base+2, old, recalled) // and is silent now
		if err := a.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i, want := range [][6]byte{macOf(base), old, old} {
			if mac, ok := a.table.Lookup(base + uint32(i)); !ok || mac != want {
				t.Errorf("Lookup(%v) = %x, %v, want %x", addrOf(base+uint32(i)), mac, ok, want)
			}
		}
		if l.asked[base+1] != 0 {
			t.Error("asked about a host that the kernel is certain of")
		}
	})
}

func TestAskerReports(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls, asked, known, total int
		opts := LinkOptions{Passes: 1, Progress: func(a, k, n int) {
			if a < asked || k < known {
				t.Errorf("progress goes back: %d, %d after %d, %d", a, k, asked, known)
			}
			calls, asked, known, total = calls+1, a, k, n
		}}
		run(t, newFakeLink(map[uint32]int{base + 5: 0}), block(8000), opts) // 4 s, and 1 s of listening
		if asked != 8000 || known != 1 || total != 8000 {
			t.Errorf("last report: %d asked, %d known, %d in all; want 8000, 1, 8000", asked, known, total)
		}
		if calls < 15 || calls > 25 {
			t.Errorf("%d reports in 5 s, want about 20", calls)
		}
	})
}

func TestAskerEndsWithContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts, _ := LinkOptions{}.withDefaults()
		a := newAsker(newFakeLink(nil), newARPRequest(macOf(9), 9), block(MaxLinkTargets), opts)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		err := a.run(ctx)
		if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took > 1200*time.Millisecond {
			t.Errorf("run = %v after %v, want the context's error after 1s", err, took)
		}
	})
}

func TestResolveLinkRefuses(t *testing.T) {
	path := &Path{Interface: "scan0"}
	if _, err := ResolveLink(t.Context(), path, make([]uint32, MaxLinkTargets+1), LinkOptions{}); !errors.Is(err, ErrTooMany) {
		t.Errorf("65,537 addresses: %v, want ErrTooMany", err)
	}
	for _, opts := range []LinkOptions{{RatePPS: -1}, {RatePPS: 1e6 + 1}, {Passes: -1}, {Wait: -1}} {
		if _, err := ResolveLink(t.Context(), path, nil, opts); err == nil {
			t.Errorf("options %+v are taken", opts)
		}
	}
}
