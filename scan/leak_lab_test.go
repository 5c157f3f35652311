package scan

import (
	"bytes"
	"os"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
)

// TestOpenFailsAnywhere lets Open have one file more each time, so that it fails at each step that takes one: sockets,
// programs, maps and their links, rings. Each time nothing is left: no file, no mapping of a ring or a map, no goroutine, and no
// program on the interface.
func TestOpenFailsAnywhere(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	simulate(t, l, lab.SimConfig{Key: 4})
	for _, engine := range bothEngines {
		t.Run(engine.String(), func(t *testing.T) {
			cfg := labConfig(t, l, 1000, 80)
			cfg.Engine, cfg.Reset = engine, ResetKernel
			s, err := openInside(l, cfg) // what is made once stays: the poller of package os, types of the kernel
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			before := opened(t)
			for range 3 {
				runtime.GC()
				time.Sleep(10 * time.Millisecond) // for finalizers; without them, less is noticed
				before = opened(t)
			}
			failures := 0
			for files := uint64(0); ; files++ {
				opened, err := openWith(t, l, cfg, files)
				if opened {
					break
				}
				if err == nil {
					t.Fatal("neither a scan nor an error")
				}
				failures++
				checkNothingLeft(t, l, before)
				if t.Failed() {
					t.Fatalf("with %d files: %v", files, err)
				}
			}
			if failures < 20 {
				t.Errorf("Open failed at %d steps: it takes more files than that", failures)
			}
			checkNothingLeft(t, l, before)
		})
	}
}

// openWith opens and closes a scan in a process that may have files of these numbers only.
func openWith(t *testing.T, l *lab.Lab, cfg Config, files uint64) (opened bool, err error) {
	t.Helper()
	var was unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &was); err != nil {
		t.Fatal(err)
	}
	set := func(r unix.Rlimit) {
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &r); err != nil {
			t.Fatal(err)
		}
	}
	set(unix.Rlimit{Cur: files, Max: was.Max})
	s, err := openInside(l, cfg)
	set(was)
	if err != nil {
		return false, err
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	return true, nil
}

// holdings is what a process has open.
type holdings struct{ files, rings, goroutines int }

func (h holdings) isMore(than holdings) bool {
	return h.files > than.files || h.rings > than.rings || h.goroutines > than.goroutines
}

func opened(t *testing.T) (h holdings) {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	return holdings{len(files), bytes.Count(maps, []byte("socket:[")) + bytes.Count(maps, []byte("bpf-map")), runtime.NumGoroutine()}
}

// checkNothingLeft waits for what ends by itself: threads of namespaces, finalizers.
func checkNothingLeft(t *testing.T, l *lab.Lab, before holdings) {
	t.Helper()
	now := opened(t)
	for deadline := time.Now().Add(10 * time.Second); now.isMore(before) && time.Now().Before(deadline); now = opened(t) {
		runtime.GC() // which unmaps the variables of programs
		time.Sleep(time.Millisecond)
	}
	if now.isMore(before) {
		t.Errorf("open are %+v, before it were %+v", now, before)
	}
	if _, attached, err := l.Scanner.XDPAttached(); err != nil || attached {
		t.Errorf("a program is attached after a failure, %v", err)
	}
}
