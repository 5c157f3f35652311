package scan

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
)

// soak is what the environment says of TestSoakForgery.
type soak struct {
	forgeries uint64        // XSWEEP_FORGERIES; 0: no soak
	rate      float64       // XSWEEP_FORGERY_PPS; 0: as fast as they can be made
	kind      lab.ForgeKind // XSWEEP_FORGERY_KINDS: all, or those that are dropped, icmp, left or refused
	answers   float64       // XSWEEP_ANSWERS: true ones per second
	queues    int           // XSWEEP_QUEUES: of the wire
}

// Kinds of forgery by what becomes of them.
const (
	droppedInXDP = lab.ForgeSYNACK | lab.ForgeRST | lab.ForgeBareAck | lab.ForgeNextAck | lab.ForgeZeroAck | lab.ForgeNextRST |
		lab.ForgeZeroRST | lab.ForgeToPort | lab.ForgeFromPort | lab.ForgeFromHost | lab.ForgeReplayedSYNACK |
		lab.ForgeReplayedRST | lab.ForgeMirroredAck | lab.ForgeData
	refusedByGo = lab.ForgeUnprobedPort | lab.ForgeUnprobedHost
	icmpErrors  = lab.ForgeICMP | lab.ForgeReplayedICMP | lab.ForgeICMPSeq | lab.ForgeICMPPort | lab.ForgeICMPShort
	leftToHost  = lab.ForgeAll &^ (droppedInXDP | refusedByGo | icmpErrors)
)

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
	}
	name := os.Getenv("XSWEEP_FORGERY_KINDS")
	kinds := map[string]lab.ForgeKind{"": lab.ForgeAll, "all": lab.ForgeAll, "dropped": droppedInXDP, "icmp": icmpErrors,
		"left": leftToHost, "refused": refusedByGo}
	if s.kind = kinds[name]; s.kind == 0 {
		t.Fatalf("XSWEEP_FORGERY_KINDS is %q", name)
	}
	return s
}

// TestSoakForgery scans while XSWEEP_FORGERIES forged answers come, and says what it cost. Half of the targets are open. No
// row may be wrong, none may come twice, every answer that reached the XDP program must be a row or a counted loss, and
// memory must not grow.
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
	end, out := scanUnder(t, s, world, func() {
		time.Sleep(2 * time.Second) // for memory to become what it will be
		before := newUsage(t)
		const parts = 10
		for i := range uint64(parts) {
			attack := attackOn(&cfg, soak.kind, soak.forgeries/parts, soak.rate)
			attack.Seed = i
			forge(t, world, attack)
			before.report(t, (i+1)*attack.Count)
		}
	})
	lost := out.balance(t, &end)
	t.Logf("%d probes, %d of %d true answers lost; receive rings were full for %d frames, forged ones too, and had no frame for %d",
		end.Probes, lost, end.Rows+lost, end.Losses.RingFull, end.Losses.NoFrame)
	t.Logf("forged answers that came: %d dropped, %d ICMP errors and %d other frames left to the host, %d refused by Go",
		end.Steer.Forged, end.Steer.ForeignICMP, end.Steer.Other, end.Losses.Invalid)
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
	t.Logf("%d forged in %.1f s, %.2f Mpps; the machine was busy for %.1f CPU seconds, %.2f a million; resident memory %.1f MB, %.1f before",
		n, took, float64(n)/took/1e6, busy, busy/float64(n)*1e6, float64(now.rss)/1000, float64(u.rss)/1000)
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
