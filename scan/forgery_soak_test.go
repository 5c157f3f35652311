package scan

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
	"github.com/xsweep/xsweep/output"
)

// soak is what the environment says of TestSoakForgery.
type soak struct {
	forgeries uint64        // XSWEEP_FORGERIES; 0: no soak
	rate      float64       // XSWEEP_FORGERY_PPS; 0: as fast as they can be made
	kind      lab.ForgeKind // XSWEEP_FORGERY_KINDS: all, or dropped
	answers   float64       // XSWEEP_ANSWERS: true ones per second
	queues    int           // XSWEEP_QUEUES: of the wire
}

// droppedInXDP are the kinds that cost the least: the host's stack sees none of them.
const droppedInXDP = lab.ForgeSYNACK | lab.ForgeRST | lab.ForgeBareAck | lab.ForgeNextAck | lab.ForgeZeroAck | lab.ForgeNextRST |
	lab.ForgeZeroRST | lab.ForgeToPort | lab.ForgeFromPort | lab.ForgeFromHost | lab.ForgeReplayedSYNACK |
	lab.ForgeReplayedRST | lab.ForgeMirroredAck | lab.ForgeData

func soakOf(t *testing.T) soak {
	t.Helper()
	number := func(name string, otherwise float64) float64 {
		text := os.Getenv(name)
		if text == "" {
			return otherwise
		}
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return v
	}
	s := soak{
		forgeries: uint64(number("XSWEEP_FORGERIES", 0)),
		rate:      number("XSWEEP_FORGERY_PPS", 0),
		answers:   number("XSWEEP_ANSWERS", 5000),
		queues:    int(number("XSWEEP_QUEUES", 0)),
		kind:      lab.ForgeAll,
	}
	switch name := os.Getenv("XSWEEP_FORGERY_KINDS"); name {
	case "", "all":
	case "dropped":
		s.kind = droppedInXDP
	default:
		t.Fatalf("XSWEEP_FORGERY_KINDS is %q, not all or dropped", name)
	}
	return s
}

// judged is an output that holds each row against the truth.
type judged struct {
	*output.Writer
	world *lab.Simulation
	wrong uint64
}

func (j *judged) Write(r *output.Record) error {
	class := map[lab.Outcome]output.Class{lab.Open: output.SYNACK, lab.Closed: output.RST, lab.Unreachable: output.ICMP}
	if class[j.world.Truth(r.Saddr, r.Sport)] != r.Class || r.Repeat {
		j.wrong++
	}
	return j.Writer.Write(r)
}

// TestSoakForgery scans while XSWEEP_FORGERIES forged answers come, and says what it cost. Half of the targets are open. No
// row may be wrong, none may come twice, every answer that reached the XDP program must be a row, and memory must not grow.
// Answers that the wire itself has lost are told, and are no failure: a veth queue holds 256 frames.
func TestSoakForgery(t *testing.T) {
	soak := soakOf(t)
	if soak.forgeries == 0 {
		t.Skip("make soak-forgery sets XSWEEP_FORGERIES")
	}
	l := labtest.New(t, lab.Config{Queues: soak.queues})
	world := simulate(t, l, lab.SimConfig{Key: 9, Open: 0.5, CoarseClock: true})
	ports := make([]uint16, 256)
	for i := range ports {
		ports[i] = uint16(i)
	}
	cfg := labConfig(t, l, 2*soak.answers, ports...)
	cfg.Key, cfg.Dedup, cfg.DedupWindow = Key{7, 8}, DedupWindow, 100_000 // whose memory is bounded
	s := openScan(t, l, cfg)
	out := &judged{Writer: allFields(t, io.Discard), world: world}

	stop := make(chan struct{})
	go func() {
		defer close(stop)
		time.Sleep(2 * time.Second) // for memory to become what it will be
		resources := newUsage(t)
		n, err := world.Forge(attackOn(&cfg, soak.kind, soak.forgeries, soak.rate))
		if err != nil || n != soak.forgeries {
			t.Errorf("%d of %d forged, %v", n, soak.forgeries, err)
		}
		resources.report(t, n)
	}()
	end, err := s.Run(context.Background(), out, stop)
	if err != nil {
		t.Fatal(err)
	}
	judgeSoak(t, out, &end, counters(t, world))
}

// judgeSoak draws up the balance.
func judgeSoak(t *testing.T, out *judged, end *Snapshot, n lab.Counters) {
	t.Helper()
	t.Logf("%d probes, %d answered, %d rows; forged answers that came: %d dropped, %d ICMP errors and %d other frames left to the host, %d refused by Go",
		n.SYNs, n.Answered(), end.Rows, end.Steer.Forged, end.Steer.ForeignICMP, end.Steer.Other, end.Losses.Invalid)
	lost := n.Answered() - end.Rows
	t.Logf("%d true answers lost: receive rings were full for %d frames, and had no frame for %d; the rest is the wire's",
		lost, end.Losses.RingFull, end.Losses.NoFrame)
	if out.wrong != 0 || end.Repeats != 0 {
		t.Errorf("%d wrong rows, %d repeats", out.wrong, end.Repeats)
	}
	if end.Rows > n.Answered() {
		t.Errorf("%d rows, of %d answers", end.Rows, n.Answered())
	}
	if end.Rows == 0 || end.Losses.Received() != 0 {
		t.Errorf("%d rows, losses %+v", end.Rows, end.Losses)
	}
	if came := end.Steer.Answers(); came != end.Rows+end.Losses.Invalid {
		t.Errorf("the XDP program took %d frames for answers: %d are rows, and Go refused %d", came, end.Rows, end.Losses.Invalid)
	}
}

// usage is what has been used of the machine, and when.
type usage struct {
	at   time.Time
	busy float64 // CPU seconds of the machine
	rss  int     // kB
}

func newUsage(t *testing.T) usage {
	t.Helper()
	return usage{time.Now(), busySeconds(t), residentKB(t)}
}

// report says what has been used since, during a flood of n frames.
func (u usage) report(t *testing.T, n uint64) {
	t.Helper()
	now := newUsage(t)
	took, busy := now.at.Sub(u.at).Seconds(), now.busy-u.busy
	t.Logf("%d forged in %.1f s: %.2f Mpps; the machine was busy for %.1f CPU seconds, %.2f for each million",
		n, took, float64(n)/took/1e6, busy, busy/float64(n)*1e6)
	t.Logf("resident memory: %.1f MB before, %.1f MB after", float64(u.rss)/1000, float64(now.rss)/1000)
	if now.rss > u.rss+32_000 {
		t.Errorf("memory has grown by %d kB", now.rss-u.rss)
	}
}

// residentKB is the memory of this process.
func residentKB(t *testing.T) (kb int) {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	if _, err := fmt.Sscan(rest, &kb); err != nil {
		t.Fatal(err)
	}
	return kb
}

// busySeconds is the CPU time of the whole machine, interrupts included, in hundredths of a second.
func busySeconds(t *testing.T) float64 {
	t.Helper()
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		t.Fatal(err)
	}
	var user, nice, system, idle, iowait, irq, softirq float64
	if _, err := fmt.Fscanf(bytes.NewReader(text), "cpu %g %g %g %g %g %g %g", &user, &nice, &system, &idle, &iowait, &irq, &softirq); err != nil {
		t.Fatal(err)
	}
	return (user + nice + system + irq + softirq) / 100
}
