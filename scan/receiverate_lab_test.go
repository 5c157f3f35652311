package scan

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
	"github.com/xsweep/xsweep/output"
)

// BenchmarkReceiveRate scans a world in which every target is open, at rates up to more than can be received: core 0 makes
// probes and answers, core 1 does everything else, from the kernel's side of the wire (a thread that polls the interface,
// with the priority that a softirq has) to the rows of the default output. Nothing is reset. lost is the part of the answers
// that the XDP program saw and that did not become rows; missed is that for which the wire had no room, which is 256 frames,
// a quarter of a millisecond's; busy is the part of its time that core 1 was not idle. It needs root and two cores.
func BenchmarkReceiveRate(b *testing.B) {
	if runtime.NumCPU() < 2 {
		b.Skip("one core")
	}
	for _, rate := range []float64{250e3, 500e3, 750e3, 1000e3, 1250e3} {
		b.Run(fmt.Sprintf("Kpps=%.0f", rate/1e3), func(b *testing.B) {
			var lost, missed, busy, pps []float64
			for b.Loop() {
				r := receiveAt(b, rate)
				lost, missed = append(lost, r.lost), append(missed, r.missed)
				busy, pps = append(busy, r.busy), append(pps, r.pps)
			}
			b.ReportMetric(100*median(lost), "%lost")
			b.ReportMetric(100*median(missed), "%missed")
			b.ReportMetric(100*median(busy), "%busy")
			b.ReportMetric(median(pps)/1e6, "Manswers/s")
		})
	}
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}

// received is what became of the answers: shares of them were lost, and a share of the receiving core's time was used.
type received struct{ lost, missed, busy, pps float64 }

func receiveAt(b *testing.B, rate float64) received {
	b.Helper()
	l := labtest.New(b, lab.Config{Queues: 1})
	world := simulate(b, l, lab.SimConfig{Key: 1, Open: 1, CoarseClock: true, SkipChecksums: true, MaxConnections: 1})
	cfg := labConfig(b, l, rate, benchPorts(EngineXSK)...)
	cfg.Engine, cfg.Senders, cfg.Cores, cfg.Reset, cfg.NoBackoff = EngineXDP, 1, []int{0}, ResetNone, true
	s, err := openInside(l, cfg)
	if err != nil {
		b.Fatal(err)
	}
	pollOn(b, l.Scanner, 1)
	runtime.GOMAXPROCS(max(runtime.GOMAXPROCS(0), s.Threads()+2))
	moveProcess(b, 1) // the sender goes to its core by itself
	out, err := output.NewWriter(io.Discard, output.Config{Fields: output.DefaultFields(2), Only: output.DefaultFilter})
	if err != nil {
		b.Fatal(err)
	}
	idle, start := idleTime(b, 1), time.Now()
	var sending float64
	done := make(chan struct{})
	go func() { // until the last probe, when the rate ends
		defer close(done)
		for now := s.Snapshot(); !now.Done; now = s.Snapshot() {
			time.Sleep(20 * time.Millisecond)
		}
		sending = time.Since(start).Seconds()
		idle = idleTime(b, 1) - idle
	}()
	end, err := s.Run(context.Background(), out, nil)
	if err != nil {
		b.Fatal(err)
	}
	<-done
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	balance := end.Balance()
	if balance.Missing != 0 {
		b.Errorf("answers are not accounted for: %+v", balance)
	}
	seen := float64(balance.Seen)
	return received{
		lost:   1 - float64(end.Rows)/seen,
		missed: 1 - seen/float64(counters(b, world).Open),
		busy:   1 - idle.Seconds()/sending,
		pps:    float64(end.Rows) / end.Sending.Seconds(),
	}
}

// pollOn has a thread of the kernel poll the host's interface on one core, before everything else there.
func pollOn(b *testing.B, h *lab.Host, cpu int) {
	b.Helper()
	if err := h.PollByThread(); err != nil {
		b.Fatal(err)
	}
	var set unix.CPUSet
	set.Set(cpu)
	found := 0
	for try := 0; found == 0 && try < 100; try++ {
		time.Sleep(10 * time.Millisecond) // until it has its name
		names, _ := filepath.Glob("/proc/[0-9]*/comm")
		for _, path := range names {
			comm, _ := os.ReadFile(path)
			if !strings.HasPrefix(string(comm), "napi/"+h.Interface()+"-") {
				continue
			}
			found++
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			fifo := &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: 1, Priority: 1} // SCHED_FIFO of linux/sched.h
			if err := unix.SchedSetaffinity(pid, &set); err != nil {
				b.Fatal(err)
			}
			if err := unix.SchedSetAttr(pid, fifo, 0); err != nil {
				b.Logf("the kernel's thread has no priority over ours: %v", err)
			}
		}
	}
	if found != 1 {
		b.Skipf("%d threads poll the interface, and one was expected", found)
	}
}

// moveProcess has all threads of this process, and those that they start, run on one core.
func moveProcess(b *testing.B, cpu int) {
	b.Helper()
	var set, before unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		b.Fatal(err)
	}
	set.Set(cpu)
	move := func(to *unix.CPUSet) {
		tasks, _ := filepath.Glob("/proc/self/task/[0-9]*")
		for _, task := range tasks {
			tid, _ := strconv.Atoi(filepath.Base(task))
			_ = unix.SchedSetaffinity(tid, to) // it may have ended
		}
	}
	move(&set)
	b.Cleanup(func() { move(&before) })
}

// idleTime is how long a core has been idle since the machine booted.
func idleTime(b *testing.B, cpu int) time.Duration {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		b.Error(err)
	}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) > 5 && f[0] == "cpu"+strconv.Itoa(cpu) {
			idle, _ := strconv.Atoi(f[4])
			wait, _ := strconv.Atoi(f[5])
			return time.Duration(idle+wait) * 10 * time.Millisecond // ticks of user space
		}
	}
	b.Errorf("/proc/stat does not tell of core %d", cpu)
	return 0
}
