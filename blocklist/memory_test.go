package blocklist

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
)

// These name the list to the child process of peakOf.
const (
	childSet   = "BLOCKLIST_TEST_SET"
	childPairs = "BLOCKLIST_TEST_PAIRS"
)

// TestMemoryOfLoadingTwoMillionPrefixes holds that a process that loads the largest blocklist there is never has more
// than 64 MiB resident, the Set and the runtime included.
func TestMemoryOfLoadingTwoMillionPrefixes(t *testing.T) {
	const most = 64
	path := filepath.Join(t.TempDir(), "list")
	writePrefixes(t, path, 2_000_000)
	if peak := peakOf(t, childSet, path); peak >= most {
		t.Errorf("peak of %.1f MiB, want less than %d", peak, most)
	} else {
		t.Logf("peak of %.1f MiB", peak)
	}
}

// TestMemoryOfLoadingPairs holds that loading takes about twice what the list does.
func TestMemoryOfLoadingPairs(t *testing.T) {
	const n = 2_000_000
	path := filepath.Join(t.TempDir(), "list")
	writePairs(t, path, n)
	const most = 2*8*n>>20 + 2*n/4>>20 + 16 // the list twice, its table, the runtime
	if peak := peakOf(t, childPairs, path); peak >= most {
		t.Errorf("peak of %.1f MiB, want less than %d", peak, most)
	} else {
		t.Logf("peak of %.1f MiB for a list of %d MiB", peak, 8*n>>20)
	}
}

// TestChildLoads is the child process of peakOf: it loads one list and prints its own peak.
func TestChildLoads(t *testing.T) {
	setPath, pairsPath := os.Getenv(childSet), os.Getenv(childPairs)
	if setPath == "" && pairsPath == "" {
		t.Skip("not the child process of a memory test")
	}
	var list any
	var err error
	if setPath != "" {
		list, err = new(Loader).Set(context.Background(), setPath)
	} else {
		list, err = new(Loader).Pairs(context.Background(), pairsPath)
	}
	if err != nil {
		t.Fatal(err)
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	runtime.KeepAlive(list)
	os.Stdout.Write(status)
}

// peakOf runs TestChildLoads in a process of its own with the environment variable name=path, and returns the most
// memory that it ever had resident, in MiB. It goes by VmHWM: ru_maxrss, which wait4 returns, has the peak of this
// process in it, because exec keeps that of the parent's memory, which the child of a vfork runs in.
func peakOf(t testing.TB, name, path string) (mib float64) {
	t.Helper()
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, setting := range info.Settings {
			if setting.Key == "-race" && setting.Value == "true" {
				t.Skip("the race detector takes memory of its own")
			}
		}
	}
	child := exec.Command(os.Args[0], "-test.run=^TestChildLoads$", "-test.count=1")
	child.Env = append(os.Environ(), name+"="+path)
	out, err := child.CombinedOutput()
	if err != nil {
		t.Fatalf("child process: %v\n%s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		if kib, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, err := strconv.Atoi(strings.Fields(kib)[0])
			if err != nil {
				t.Fatal(err)
			}
			return float64(n) / 1024
		}
	}
	t.Fatalf("child process printed no peak:\n%s", out)
	return 0
}

// writePrefixes writes a list of n scattered prefixes from /24 to /32, most of them single addresses.
func writePrefixes(t testing.TB, path string, n int) {
	t.Helper()
	writeLines(t, path, func(w *bufio.Writer) {
		for i, r := range scattered(n) {
			fmt.Fprintln(w, prefixRange(r.First, 24+max(0, 8-i%32)))
		}
	})
}

// writePairs writes a list of n scattered targets.
func writePairs(t testing.TB, path string, n int) {
	t.Helper()
	writeLines(t, path, func(w *bufio.Writer) {
		for _, key := range scatteredPairs(n) {
			fmt.Fprintf(w, "%v:%d\n", ToAddr(uint32(key>>portBits)), uint16(key))
		}
	})
}

func writeLines(t testing.TB, path string, write func(w *bufio.Writer)) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	write(w)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
}
