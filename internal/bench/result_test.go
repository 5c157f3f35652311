package bench

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestSpread(t *testing.T) {
	tests := []struct {
		values []float64
		want   Spread
	}{
		{[]float64{3}, Spread{3, 3, 3}},
		{[]float64{9, 1}, Spread{5, 1, 9}},
		{[]float64{2, 9, 1}, Spread{2, 1, 9}},
		{[]float64{4, 1, 2, 9}, Spread{3, 1, 9}},
	}
	for _, tt := range tests {
		if got := spread(tt.values); got != tt.want {
			t.Errorf("spread(%v) = %v, want %v", tt.values, got, tt.want)
		}
	}
}

// TestMeasure alternates cases, keeps the figures that every run has, and names the case that fails.
func TestMeasure(t *testing.T) {
	var order strings.Builder
	fake := func(name string, run func(round int) (sample, error)) Case {
		round := 0
		return Case{result: Result{Kind: KindRX, Method: name}, run: func(context.Context, *Settings, *Result) (sample, error) {
			order.WriteString(name)
			round++
			return run(round)
		}}
	}
	a := fake("a", func(n int) (sample, error) {
		s := sample{FigurePPS: float64(n)}
		if n > 1 {
			s[FigureCPU] = 1 // not of the first run
		}
		return s, nil
	})
	b := fake("b", func(int) (sample, error) { return sample{}, nil })
	got, err := Measure(context.Background(), Settings{Runs: 3, Time: time.Second}, []Case{a, b})
	if err != nil {
		t.Fatal(err)
	}
	if order.String() != "ababab" {
		t.Errorf("order %s, want ababab", &order)
	}
	if f := got[0].Figures; len(f) != 1 || f[FigurePPS] != (Spread{2, 1, 3}) {
		t.Errorf("figures %v", f)
	}
	if len(got[1].Figures) != 0 || got[1].Runs != 3 || got[1].Seconds != 1 {
		t.Errorf("%+v", got[1])
	}
	broken := errors.New("broken")
	c := fake("c", func(int) (sample, error) { return nil, broken })
	if _, err := Measure(context.Background(), Settings{Runs: 1}, []Case{c}); !errors.Is(err, broken) ||
		!strings.Contains(err.Error(), "rx, c") {
		t.Errorf("error %v", err)
	}
}

func TestTallyRate(t *testing.T) {
	tests := []struct {
		n    tally
		want float64
	}{
		{tally{frames: 101, over: 2 * time.Second}, 50}, // 100 gaps
		{tally{frames: 100}, 25},                        // the time of sending is all that is known
		{tally{}, 0},
	}
	for _, tt := range tests {
		if got := tt.n.pps(4 * time.Second); got != tt.want {
			t.Errorf("%+v: %v packets a second, want %v", tt.n, got, tt.want)
		}
	}
	if got := (&tally{frames: 5}).pps(0); got != 0 {
		t.Errorf("in no time: %v", got)
	}
}

func TestPortsFor(t *testing.T) {
	for _, tt := range []struct {
		targets float64
		want    int
	}{{0, 1}, {1500, 1}, {2000, 2}, {1e12, 1 << 16}} {
		if got := portsFor(tt.targets, 1000); got != tt.want {
			t.Errorf("portsFor(%v) = %d, want %d", tt.targets, got, tt.want)
		}
	}
}

// TestCPUClocks: the clock of a process, and that of a thread of it, go on while the thread works.
func TestCPUClocks(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	clocks := map[string]cpuClock{"thread": ownClock(), "process": processClock(os.Getpid())}
	before := make(map[string]time.Duration)
	for name, clock := range clocks {
		var err error
		if before[name], err = clock.read(); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := generate(context.Background(), 10*time.Millisecond); err != nil || got[FigureNSPerProbe] <= 0 {
		t.Fatal(got, err)
	}
	for name, clock := range clocks {
		if now, err := clock.read(); err != nil || now <= before[name] {
			t.Errorf("clock of the %s: %v, and then %v, %v", name, before[name], now, err)
		}
	}
	const nobody = 1 << 23 // past the largest number that the kernel gives
	if _, err := processClock(nobody).read(); err == nil {
		t.Error("there is a clock of a process that is not there")
	}
	if busy, ok := busyTime(); !ok || busy <= 0 {
		t.Errorf("busy time: %v, %v", busy, ok)
	}
}
