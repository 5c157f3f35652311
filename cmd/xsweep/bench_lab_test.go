package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/internal/bench"
	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
)

// TestBenchCard takes the lab's wire for a cable between a card and another machine's: the records, one an engine, say what was sent,
// and the world has seen it.
func TestBenchCard(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 91, Drop: true, CoarseClock: true})
	p := start(t, l, t.TempDir(), "bench", "-i", "scan0", "--target-mac", l.World.MAC().String(),
		"--measure", "tx", "--queues", "1", "--time", "0.2", "--runs", "1", "--json")
	p.waitFor(t, exitDone)
	sent, records := 0.0, json.NewDecoder(&p.stdout)
	for _, e := range bench.Engines() {
		var r bench.Result
		if err := records.Decode(&r); err != nil {
			t.Fatalf("record of engine %v: %v", e, err)
		}
		sent += r.Figures[bench.FigureSent].Median
		if r.Engine != e.String() || r.Where != "nic" || r.Driver != "veth" || r.Interface != "scan0" ||
			!strings.Contains(r.CountedBy, "own statistics") {
			t.Errorf("%+v", r)
		}
	}
	if records.More() {
		t.Error("there are more records than engines")
	}
	n, err := world.Counters()
	if err != nil {
		t.Fatal(err)
	}
	if float64(n.SYNs) > sent || float64(n.SYNs) < 0.99*sent || n.BadIPChecksum+n.BadTCPChecksum > 0 {
		t.Errorf("%.0f sent, %d arrived, %d with a bad checksum", sent, n.SYNs, n.BadIPChecksum+n.BadTCPChecksum)
	}
}

// TestBenchCardRefuses names what is the matter with an interface.
func TestBenchCardRefuses(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	mac := l.World.MAC().String()
	p := start(t, l, t.TempDir(), "bench", "-i", "scan0", "--peer", "scan0")
	p.waitFor(t, exitUsage)
	if !strings.Contains(p.stderr.String(), "is the interface that sends") {
		t.Errorf("stderr: %s", &p.stderr)
	}
	if err := l.Scanner.Do(func() error {
		link, err := netlink.LinkByName("scan0")
		if err != nil {
			return err
		}
		return netlink.LinkSetDown(link)
	}); err != nil {
		t.Fatal(err)
	}
	p = start(t, l, t.TempDir(), "bench", "-i", "scan0", "--target-mac", mac)
	p.waitFor(t, exitFailed)
	if !strings.Contains(p.stderr.String(), `interface "scan0": down`) || !strings.Contains(p.stderr.String(), "hint: 'ip link set") {
		t.Errorf("stderr: %s", &p.stderr)
	}
}

// TestBenchInterrupted ends a benchmark of hours by SIGINT, once the terminal says that it runs; with it goes the lab that it has
// made, and it says so.
func TestBenchInterrupted(t *testing.T) {
	l := labtest.New(t, lab.Config{NoLock: true}) // a namespace to be in: the benchmark makes a lab of its own
	terminal, program := openTerminal(t)
	cmd := exec.Command(os.Args[0], "bench", "--measure", "tx", "--time", "7200")
	cmd.Env = append(os.Environ(), asXsweep+"="+currentNamespace())
	cmd.Stderr = program
	if err := l.Scanner.Start(cmd); err != nil {
		t.Fatal(err)
	}
	program.Close()
	shown := make(chan string, 1)
	var text strings.Builder
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		buf := make([]byte, 1024)
		for {
			n, err := terminal.Read(buf)
			text.Write(buf[:n])
			if strings.Contains(text.String(), "round 1 of 5: tx, engine ") {
				select {
				case shown <- "":
				default:
				}
			}
			if err != nil { // the program has ended
				return
			}
		}
	}()
	select {
	case <-shown:
	case <-ended:
	}
	if err := cmd.Process.Signal(unix.SIGINT); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != exitFailed {
		t.Errorf("%v, exit code %d, want %d", err, cmd.ProcessState.ExitCode(), exitFailed)
	}
	<-ended
	if !strings.Contains(text.String(), "interrupted: the benchmark has no result") {
		t.Errorf("the terminal says %q", &text)
	}
}

// openTerminal makes a pair of pseudo-terminals: what is written to the program's end can be read at the other.
func openTerminal(t *testing.T) (terminal, program *os.File) {
	t.Helper()
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { terminal.Close() })
	if err := unix.IoctlSetPointerInt(int(terminal.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Skip(err)
	}
	number, err := unix.IoctlGetInt(int(terminal.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Skip(err)
	}
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	return terminal, program
}
