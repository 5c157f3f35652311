package scan

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/xsweep/xsweep/output"
)

type answer struct {
	target
	class output.Class
}

// randomAnswer is one of some 240,000.
func randomAnswer(r *rand.Rand) answer {
	return answer{target{0xc6120000 + r.Uint32N(20000), uint16(r.Uint32N(4)) * 21845}, output.Class(r.Uint32N(3))}
}

func TestDedupFullAgainstMap(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	d, truth := newDedup(&Config{Dedup: DedupFull}), make(map[answer]bool)
	for range 200_000 {
		a := randomAnswer(r)
		if got := d.seen(a.addr, a.port, a.class); got != truth[a] {
			t.Fatalf("seen(%+v) = %v, want %v", a, got, truth[a])
		}
		truth[a] = true
	}
	if d.seen(0, 0, 0) {
		t.Error("the answer whose key is zero is there before it came")
	}
}

// TestDedupFullMemory counts the bytes per answer at every size: the most are just after tables have grown.
func TestDedupFullMemory(t *testing.T) {
	for _, ports := range []uint32{1, 1000} {
		d, worst := newDedupTables(0, nil), 0.0
		for n := range uint32(3_000_000) {
			d.seen(0x0a000000+n/ports, uint16(n%ports), output.SYNACK)
			if n < 100_000 || n%10_000 > 0 {
				continue
			}
			slots := 0
			for i := range d.tables {
				slots += cap(d.tables[i].slots)
			}
			worst = max(worst, float64(8*slots)/float64(n))
		}
		if worst > 16 {
			t.Errorf("%d ports: %.1f bytes per answer, want 16 at most", ports, worst)
		}
	}
}

// recent is the dumbest window: a list, the newest last.
type recent struct {
	list []answer
	size int
}

func (w *recent) seen(a answer) bool {
	at := slices.Index(w.list, a)
	if at >= 0 {
		w.list = slices.Delete(w.list, at, at+1)
	} else if len(w.list) == w.size {
		w.list = w.list[1:]
	}
	w.list = append(w.list, a)
	return at >= 0
}

// TestDedupWindowAgainstList remembers the last answers, no more and no less.
func TestDedupWindowAgainstList(t *testing.T) {
	for _, size := range []int{1, 2, 3, 64, 1000} {
		r := rand.New(rand.NewPCG(5, uint64(size)))
		d, truth := newDedup(&Config{Dedup: DedupWindow, DedupWindow: size}), recent{size: size}
		repeats := 0
		for range 20_000 {
			a := answer{target{r.Uint32N(uint32(size) + 2), uint16(r.Uint32N(2))}, output.Class(r.Uint32N(2))}
			want := truth.seen(a)
			if got := d.seen(a.addr, a.port, a.class); got != want {
				t.Fatalf("window of %d: seen(%+v) = %v, want %v", size, a, got, want)
			}
			if want {
				repeats++
			}
		}
		if repeats == 0 {
			t.Errorf("window of %d: nothing came again", size)
		}
	}
}

func TestDedupNone(t *testing.T) {
	d := newDedup(&Config{Dedup: DedupNone})
	for range 2 {
		if d.seen(1, 2, 0) {
			t.Error("a repeat where nothing is remembered")
		}
	}
}

func TestParseDedupMethod(t *testing.T) {
	for m := DedupDefault; m <= DedupNone; m++ {
		if got, err := ParseDedupMethod(m.String()); err != nil || got != m {
			t.Errorf("ParseDedupMethod(%q) = %v, %v", m, got, err)
		}
	}
	if _, err := ParseDedupMethod("some"); err == nil {
		t.Error("ParseDedupMethod(some) succeeds")
	}
}

// BenchmarkDedup is one new answer of so many; B/answer is what they take in the end.
func BenchmarkDedup(b *testing.B) {
	for _, method := range []DedupMethod{DedupFull, DedupWindow} {
		for _, n := range []uint32{1e6, 30e6} {
			b.Run(fmt.Sprintf("method=%v/answers=%d", method, n), func(b *testing.B) {
				var d dedup
				before := heapBytes()
				for b.Loop() {
					d = newDedup(&Config{Dedup: method, DedupWindow: DefaultDedupWindow})
					for i := range n {
						d.seen(i, 443, output.SYNACK)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/answer")
				b.ReportMetric(float64(heapBytes()-before)/float64(n), "B/answer")
				runtime.KeepAlive(d)
			})
		}
	}
}

func heapBytes() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// unlucky are n answers that would all have one place in a table, as anybody can work out, if mix had no seed.
func unlucky(n int) (list []answer) {
	for low := uint64(0); len(list) < n; low++ {
		// mix, backwards: whatever is in the lower bits, the upper ones say which table and slot.
		key := (0x5ea<<52 | low) * inverse(0xc4ceb9fe1a85ec53)
		key ^= key >> 33
		key *= inverse(0xff51afd7ed558ccd)
		key ^= key >> 33
		if addr, port, class := answerOf(key); answerKey(addr, port, class) == key && class <= output.ICMP {
			list = append(list, answer{target{addr, port}, class})
		}
	}
	return list
}

// inverse is the number that undoes a multiplication by an odd one.
func inverse(odd uint64) uint64 {
	x := odd // right in the lower 3 bits, and in twice as many with each step
	for range 5 {
		x *= 2 - odd*x
	}
	return x
}

// TestDedupChosenAnswers gives both methods answers that somebody has chosen to have one place: they have not.
func TestDedupChosenAnswers(t *testing.T) {
	const n, most = 300, 30
	answers := unlucky(n)
	tables, window := newDedupTables(0, nil), newDedupWindow(DefaultDedupWindow)
	for _, a := range answers {
		if tables.seen(a.addr, a.port, a.class) || window.seen(a.addr, a.port, a.class) {
			t.Fatalf("%+v has been seen before", a)
		}
	}
	fullest := 0
	for i := range tables.tables {
		fullest = max(fullest, tables.tables[i].used)
	}
	chain := 0
	for _, at := range window.buckets {
		length := 0
		for ; at != 0; at = window.nodes[at].chain {
			length++
		}
		chain = max(chain, length)
	}
	if fullest > most || chain > most {
		t.Errorf("of %d answers %d are in one table of %d, and %d in one bucket", n, fullest, numDedupTables, chain)
	}
}
