package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
)

// testBench is a bench whose lab is closed when the test ends.
func testBench(t *testing.T) *bench {
	t.Helper()
	b, err := newBench(t.Context(), io.Discard)
	if err != nil {
		labtest.SkipOrFail(t, err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return b
}

// buildXsweep is the binary of this tree.
func buildXsweep(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "xsweep")
	if text, err := exec.Command("go", "build", "-o", path, "../../cmd/xsweep").CombinedOutput(); err != nil {
		t.Fatalf("build xsweep: %v\n%s", err, text)
	}
	return path
}

// TestMeasureXsweep runs the whole way of a measurement: what is open is found, once, and nothing that is forged.
func TestMeasureXsweep(t *testing.T) {
	b := testBench(t)
	e := experiment{
		name:  "tiny",
		world: lab.SimConfig{Key: 7, Open: 0.01, Closed: 0.05, Duplicate: 0.5},
		rates: []int{200_000}, ports: 1, forged: 1,
	}
	contenders := xsweeps(buildXsweep(t))
	if len(contenders) < 2 {
		t.Fatalf("%d contenders: want engine xsk with one and two senders at least", len(contenders))
	}
	records, err := b.run(t.Context(), e, contenders[:1], 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(records) != 1 {
		t.Fatalf("%d records, want 1", len(records))
	}
	r := records[0]
	if r.probes != uint64(addresses) || r.bad != 0 {
		t.Errorf("%d probes arrived, %d of them bad, want %d and none", r.probes, r.bad, addresses)
	}
	if r.found != r.open || r.open < 1000 || r.duplicates != 0 || r.untrue != 0 {
		t.Errorf("of %d open targets: %+v, want each once and no other", r.open, r.findings)
	}
	if r.cpuSeconds <= 0 || r.rssBytes < 1<<20 || r.seconds <= 0 || !strings.HasPrefix(r.version, "xsweep ") {
		t.Errorf("record %+v lacks its costs or its version", r)
	}
}

// TestChildIsEnded ends a child that hangs, when its time is up.
func TestChildIsEnded(t *testing.T) {
	b := testBench(t)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := runChild(ctx, b.lab.Scanner, "sleep", []string{"600"}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a child that hangs: error %v, want %v", err, context.DeadlineExceeded)
	}
}

func TestChildThatFails(t *testing.T) {
	b := testBench(t)
	_, err := runChild(t.Context(), b.lab.Scanner, "sh", []string{"-c", "echo out of luck >&2; exit 3"})
	if err == nil || !strings.Contains(err.Error(), "out of luck") || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("error %v, want its status and what it said", err)
	}
}

// TestLeaveOut leaves the lab's own hosts, and the address below them, to nobody.
func TestLeaveOut(t *testing.T) {
	b := testBench(t)
	text, err := os.ReadFile(b.leaveOut)
	if want := "198.18.0.0/32\n198.18.0.1/32\n198.18.0.2/32\n"; err != nil || string(text) != want {
		t.Errorf("addresses left out = %q, %v, want %q", text, err, want)
	}
}
