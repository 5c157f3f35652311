package scan

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/bpf"
	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
)

// checkEachOnce is that every target was probed, and none twice.
func checkEachOnce(t *testing.T, world *lab.Simulation, total uint64) {
	t.Helper()
	cover, err := world.Coverage()
	if err != nil {
		t.Fatal(err)
	}
	if cover.Distinct != total || cover.Repeated != 0 {
		t.Errorf("%d distinct targets probed, %d more than once; want %d, 0", cover.Distinct, cover.Repeated, total)
	}
}

// TestEmitSendsAgain overruns the far end, whose ring is emptied by a thread that has no core of its own: what it has no
// room for is sent again, until every target has been probed, once, and the rate goes down.
func TestEmitSendsAgain(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 4, Open: 0.01, CoveragePorts: []uint16{1, 2, 3, 4, 5, 6, 7, 8}})
	if err := l.World.PollByThread(); err != nil { // else the sender itself empties the rings
		t.Fatal(err)
	}
	cfg := labConfig(t, l, 0, 1, 2, 3, 4, 5, 6, 7, 8)
	var log lockedBuffer
	cfg.Engine, cfg.Logger = EngineXDP, slog.New(slog.NewTextHandler(&log, nil))
	r := runScan(t, l, cfg, nil)
	checkEachOnce(t, world, cfg.Targets.Len()*8)
	checkTruth(t, r, world, cfg)
	if r.end.Losses.SentAgain == 0 {
		t.Error("nothing had to be sent again: the far end was not overrun")
	}
	if !strings.Contains(log.String(), "sending slower") {
		t.Errorf("the rate was not eased: %+v", r.end.Losses)
	}
}

// lockedBuffer is written by several goroutines.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// TestEmitInterrupted has signals end calls early, at any point.
func TestEmitInterrupted(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 4, Open: 0.01, CoveragePorts: []uint16{1, 2, 3, 4}})
	cfg := labConfig(t, l, 0, 1, 2, 3, 4)
	cfg.Engine = EngineXDP
	s := openScan(t, l, cfg)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			case <-time.After(50 * time.Microsecond):
				signalThreads(t)
			}
		}
	}()
	r := runOpened(t, s, nil)
	close(stop)
	<-stopped
	checkEachOnce(t, world, cfg.Targets.Len()*4)
	checkTruth(t, r, world, cfg)
}

// signalThreads sends every thread of the test the signal by which Go preempts goroutines.
func signalThreads(t *testing.T) {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Error(err)
	}
	for _, thread := range threads {
		tid := 0
		for _, c := range thread.Name() {
			tid = 10*tid + int(c-'0')
		}
		_ = unix.Tgkill(os.Getpid(), tid, unix.SIGURG) // the thread may have ended
	}
}

// TestEngineAuto takes what fits the rate, and says why.
func TestEngineAuto(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 4})
	for _, c := range []struct {
		name   string
		rate   float64
		change func(*testing.T)
		want   string
	}{
		{"at a low rate", 10_000, nil, "engine xsk (copy mode reaches the rate)"},
		{"at a high rate", 2_000_000, nil, "engine xdp (faster than copy mode)"},
		{"without a limit", 0, nil, "engine xdp (faster than copy mode)"},
		{"where the far end takes no XDP frames", 0, func(t *testing.T) {
			if err := world.Close(); err != nil {
				t.Fatal(err)
			}
			if err := l.World.SetGRO(false); err != nil {
				t.Fatal(err)
			}
		}, "engine xsk (not xdp: engine xdp on scan0: live XDP frames are not available: veth sends"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.change != nil {
				c.change(t)
			}
			cfg := labConfig(t, l, c.rate, 80)
			s := openScan(t, l, cfg)
			if got := s.Describe(); !strings.HasPrefix(got, c.want) {
				t.Errorf("%s\nwant %s...", got, c.want)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	cfg := labConfig(t, l, 0, 80)
	cfg.Engine = EngineXDP
	s, err := openInside(l, cfg)
	if err == nil {
		s.Close()
	}
	if !errors.Is(err, bpf.ErrNoEmit) || !strings.Contains(err.Error(), "veth") {
		t.Errorf("engine xdp where it cannot be: %v", err)
	}
}

// TestEmitIsSmooth: no millisecond has more than twice its share of the rate and what one call of each sender sends. A
// machine that is taken away catches up a quarter faster, and gets three tries.
func TestEmitIsSmooth(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 3, Drop: true})
	const rate = 1_000_000
	var most uint32
	for range 3 {
		if err := world.Reset(); err != nil {
			t.Fatal(err)
		}
		cfg := labConfig(t, l, rate, 1, 2, 3, 4, 5, 6, 7, 8)
		cfg.Engine, cfg.Cooldown = EngineXDP, 0
		s, err := openInside(l, cfg)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Run(t.Context(), allFields(t, io.Discard), nil); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		windows, err := world.RateWindows()
		if err != nil {
			t.Fatal(err)
		}
		most = 0
		for _, n := range windows {
			most = max(most, n)
		}
		if most <= 2*rate/1000+uint32(bpf.EmitEntries) {
			return
		}
	}
	t.Errorf("%d probes in a millisecond at %d a second", most, int(rate))
}
