package scan

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/xsweep/xsweep/bpf"
	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
)

var resetPolicies = []ResetPolicy{ResetReply, ResetKernel, ResetNone}

// eachReset runs a test for every policy, in both modes, by both engines.
func eachReset(t *testing.T, test func(*testing.T, Config), cfg Config) {
	for _, cfg.Reset = range resetPolicies {
		for _, cfg.XDP = range []bpf.Mode{bpf.ModeNative, bpf.ModeGeneric} {
			for _, cfg.Engine = range bothEngines {
				t.Run(fmt.Sprintf("%v/%v/%v", cfg.Reset, cfg.XDP, cfg.Engine), func(t *testing.T) { test(t, cfg) })
			}
		}
	}
}

// TestResetsOnTheWire counts RSTs where they arrive, and what the scanner's own stack has seen: one RST for each accepted
// SYN-ACK by reply and by kernel, none by none; and nothing reaches the stack but by kernel.
func TestResetsOnTheWire(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	world := simulate(t, l, lab.SimConfig{Key: 4, Open: 0.1, Closed: 0.05, ICMP: 0.02})
	cfg := labConfig(t, l, 40_000, 80)
	cfg.Targets = set(t, "198.18.64.0/20")
	eachReset(t, func(t *testing.T, cfg Config) {
		if err := world.Reset(); err != nil {
			t.Fatal(err)
		}
		before := stack(t, l.Scanner)
		r := runScan(t, l, cfg, nil)
		checkTruth(t, r, world, cfg)
		checkBalance(t, r)
		n, after := counters(t, world), stack(t, l.Scanner)
		ours, stacks := map[ResetPolicy]uint64{ResetReply: n.Open}[cfg.Reset], map[ResetPolicy]uint64{ResetKernel: n.Open}[cfg.Reset]
		if n.Open == 0 || n.RSTsGood != ours+stacks || n.RSTsBad+n.Untracked != 0 {
			t.Errorf("%d connections were accepted, %d reset, %d RSTs were wrong", n.Open, n.RSTsGood, n.RSTsBad)
		}
		if r.end.Resets != ours || r.end.Losses.ResetsWithheld != 0 {
			t.Errorf("%d RSTs sent, want %d; withheld: %d", r.end.Resets, ours, r.end.Losses.ResetsWithheld)
		}
		for _, name := range []string{"TcpInSegs", "TcpOutRsts"} {
			if got := after[name] - before[name]; got != stacks {
				t.Errorf("the scanner's stack counts %d of %s, want %d", got, name, stacks)
			}
		}
		if got := after["IcmpInMsgs"] - before["IcmpInMsgs"]; got != 0 {
			t.Errorf("%d ICMP errors reached the stack", got)
		}
	}, cfg)
}

func stack(t *testing.T, h *lab.Host) map[string]uint64 {
	t.Helper()
	n, err := h.SNMP()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestResetsOfListeners scans real listeners: their stack is left with no connection half open, or with all of them.
func TestResetsOfListeners(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	var listeners []netip.AddrPort
	for i := range 200 {
		listeners = append(listeners, netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 18, 1, byte(i)}), 443))
	}
	cfg := labConfig(t, l, 20_000, 443)
	cfg.Targets = set(t, "198.18.1.0-198.18.1.199")
	eachReset(t, func(t *testing.T, cfg Config) {
		world, err := l.KernelWorld(listeners) // anew, so that nothing is left half open
		if err != nil {
			t.Fatal(err)
		}
		defer world.Close()
		r := runScan(t, l, cfg, nil)
		if got := len(r.of("synack")); got != len(listeners) {
			t.Errorf("%d hits, want %d", got, len(listeners))
		}
		checkBalance(t, r)
		want := map[ResetPolicy]int{ResetNone: len(listeners)}[cfg.Reset]
		if n, err := world.HalfOpen(); err != nil || n != want {
			t.Errorf("%d connections are left half open, %v; want %d", n, err, want)
		}
	}, cfg)
}

// TestResetsKeepNobodyBusy has one host repeat its SYN-ACK 1000 times, and all others theirs 15 times: RSTs do not grow with
// that.
func TestResetsKeepNobodyBusy(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	const copies, flood = 15, 1000
	world := simulate(t, l, lab.SimConfig{Key: 4, Open: 0.5, Duplicate: 1, DuplicateCopies: copies})
	for _, engine := range bothEngines {
		t.Run(engine.String(), func(t *testing.T) {
			if err := world.Reset(); err != nil {
				t.Fatal(err)
			}
			cfg := labConfig(t, l, 20_000, 80)
			cfg.Targets, cfg.Key, cfg.Engine = set(t, "198.18.64.0/24"), Key{1, 2}, engine
			cfg.Cooldown = 1500 * time.Millisecond
			s := openScan(t, l, cfg)
			loud := cfg.Targets.At(0)
			for i := uint64(1); world.Truth(loud, 80) != lab.Open; i++ {
				loud = cfg.Targets.At(i)
			}
			injected := make(chan struct{})
			go func() {
				defer close(injected)
				for !s.Snapshot().Done {
					time.Sleep(time.Millisecond)
				}
				inject(t, l, flood, synAck(l, probeOf(cfg, loud, 80), 0))
			}()
			start := time.Now()
			r := runOpened(t, s, nil)
			seconds := uint64(time.Since(start).Seconds()) + 1
			<-injected
			checkBalance(t, r)
			n := counters(t, world)
			answers := r.end.SYNACKs // a burst of copies may overrun the wire
			if answers < flood {
				t.Errorf("%d SYN-ACKs came", answers)
			}
			if got := n.RSTsGood + r.end.Losses.ResetsWithheld + r.end.Losses.ResetsLost; got != answers || n.RSTsBad != 0 {
				t.Errorf("%d RSTs, %d wrong, %d withheld: want %d for as many SYN-ACKs", n.RSTsGood, n.RSTsBad,
					r.end.Losses.ResetsWithheld, answers)
			}
			// veth chooses the queue by the sending core, so that the flow of the loud host may have a receiver more.
			if most := (n.Open+1)*(1+resetBurst) + 2*seconds; n.RSTsGood < r.end.Hits || n.RSTsGood > most {
				t.Errorf("%d RSTs to %d hosts, want no more than %d", n.RSTsGood, n.Open, most)
			}
		})
	}
}
