package bench

import (
	"errors"
	"os"
	"time"
)

// meter measures what this process takes from its beginning to its end.
type meter struct {
	clock cpuClock
	cpu   time.Duration
	busy  time.Duration
	ticks bool // busy is known
	start time.Time
	calls *syscallCounter // nil where the kernel does not count them
}

func startMeter() (*meter, error) {
	m := &meter{clock: processClock(os.Getpid())}
	m.calls, _ = newSyscallCounter() // the figure is left out then
	var err error
	if m.cpu, err = m.clock.read(); err != nil {
		return nil, errors.Join(err, m.close())
	}
	m.busy, m.ticks = busyTime()
	m.start = time.Now()
	return m, nil
}

// stop returns CPU time in nanoseconds and system calls, both in all, and the cores that were busy.
func (m *meter) stop() (sample, error) {
	elapsed := time.Since(m.start)
	cpu, err := m.clock.read()
	if err != nil {
		return nil, errors.Join(err, m.close())
	}
	got := sample{FigureCPU: float64((cpu - m.cpu).Nanoseconds())}
	if busy, ok := busyTime(); ok && m.ticks {
		got[FigureBusyCores] = (busy - m.busy).Seconds() / elapsed.Seconds()
	}
	if m.calls != nil {
		calls, err := m.calls.read()
		if err != nil {
			return nil, errors.Join(err, m.close())
		}
		got[FigureSyscalls] = float64(calls)
	}
	return got, m.close()
}

func (m *meter) close() error {
	if m.calls == nil {
		return nil
	}
	return m.calls.Close()
}
