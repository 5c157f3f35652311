package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xsweep/xsweep/blocklist"
)

// asMeasured, set in the environment to the arguments of a dry run, has the test binary do that and print the most memory
// that it had resident (VmHWM).
const asMeasured = "XSWEEP_TEST_AS_MEASURED"

func measureDryRun(args []string) {
	if !slices.Contains(args, "--fast-dryrun") {
		fmt.Fprintln(os.Stderr, "test: only dry runs are measured")
		os.Exit(97)
	}
	code := execute(context.Background(), args, io.Discard, os.Stderr)
	status, err := os.ReadFile("/proc/self/status")
	if err != nil || code != exitDone {
		os.Exit(98)
	}
	os.Stdout.Write(status)
}

// TestMemoryOfTwoMillionEntries: a blocklist or an allowlist of two million entries takes less than 46 MiB more than a
// single address on the way to the first probe, which leaves 18 of 64 MiB for the program itself.
func TestMemoryOfTwoMillionEntries(t *testing.T) {
	list := filepath.Join(t.TempDir(), "list.txt")
	writeEntries(t, list, 2_000_000)
	alone := peakOf(t, "--allow-special 198.18.0.1")
	for _, flag := range []string{"-b", "-w", "-I"} {
		peak := peakOf(t, flag+" "+list)
		if t.Logf("%s: %d KiB, %d without the list", flag, peak, alone); peak-alone >= 46<<10 {
			t.Errorf("%s: the list takes %d KiB, want less than %d", flag, peak-alone, 46<<10)
		}
	}
}

// peakOf is the most memory that a dry run with these arguments has resident, in KiB.
func peakOf(t *testing.T, args string) (kib int) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), asMeasured+"=--fast-dryrun -p 80 -n 1 "+args)
	out, err := child.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", args, err, out)
	}
	_, peak, _ := strings.Cut(string(out), "VmHWM:")
	if _, err := fmt.Sscan(peak, &kib); err != nil {
		t.Fatalf("%s: no peak in\n%s", args, out)
	}
	return kib
}

// writeEntries writes random addresses and small networks.
func writeEntries(t *testing.T, path string, n int) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w, r := bufio.NewWriter(f), rand.New(rand.NewPCG(1, 2))
	for i := range n {
		fmt.Fprint(w, blocklist.ToAddr(r.Uint32()))
		if i%2 == 0 {
			fmt.Fprintf(w, "/%d", 24+r.IntN(9))
		}
		fmt.Fprintln(w)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
}
