package bench

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
	"github.com/xsweep/xsweep/scan"
)

// short is long enough for a run to count something; no test looks at how much.
func short() Settings { return Settings{Time: 200 * time.Millisecond, Runs: 1} }

// requireLab skips a test where there cannot be a lab.
func requireLab(t *testing.T) {
	t.Helper()
	l, err := lab.New(lab.Config{})
	if err != nil {
		labtest.SkipOrFail(t, err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

func measure(t *testing.T, c Case) Result {
	t.Helper()
	results, err := Measure(context.Background(), short(), []Case{c})
	if err != nil {
		t.Fatal(err)
	}
	return results[0]
}

// of is a figure that must be there.
func of(t *testing.T, r *Result, f Figure) float64 {
	t.Helper()
	v, ok := r.Of(f)
	if !ok {
		t.Errorf("%s: no %s", r.name(), f)
	}
	return v
}

// TestRX receives by each method. What is received, and dropped where the kernel says so, was offered, and took time.
func TestRX(t *testing.T) {
	requireLab(t)
	if _, _, err := twoCores(); err != nil {
		t.Skip(err)
	}
	for _, m := range Methods() {
		t.Run(m.Name, func(t *testing.T) {
			r := measure(t, RX(m))
			received, dropped := of(t, &r, FigurePPS), of(t, &r, FigureDropped)
			offered, missed := of(t, &r, FigureOffered), of(t, &r, FigureMissed)
			if received <= 0 || of(t, &r, FigureCPU) <= 0 || of(t, &r, FigureCPUShare) <= 0 {
				t.Errorf("nothing received, or by nobody: %+v", r)
			}
			// Counters are read one after the other, while some thousand frames are on their way.
			if slack := 0.1 * offered; received+dropped+missed > offered+slack || missed < 0 {
				t.Errorf("received %.0f, dropped %.0f and missed %.0f of %.0f a second", received, dropped, missed, offered)
			}
			if r.Driver != "veth" || r.Where != "lab" {
				t.Errorf("driver %q, where %q", r.Driver, r.Where)
			}
		})
	}
}

// TestTX counts what a world sees: everything that is sent.
func TestTX(t *testing.T) {
	requireLab(t)
	queues, err := Lab().Queues()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range Engines() {
		for _, n := range []int{1, queues} {
			r := measure(t, Lab().TX(e, n))
			sent, arrived := of(t, &r, FigureSent), of(t, &r, FigureArrived)
			if sent == 0 || arrived > sent || arrived < 0.99*sent {
				t.Errorf("%s: %.0f of %.0f arrived", r.name(), arrived, sent)
			}
			if of(t, &r, FigurePPS) <= 0 || of(t, &r, FigureCPU) <= 0 || r.CountedBy != inLab || r.Mode == "" {
				t.Errorf("%+v", r)
			}
		}
	}
}

// TestScan holds whole scans against the truth.
func TestScan(t *testing.T) {
	requireLab(t)
	for _, e := range Engines() {
		r := measure(t, Lab().Scan(e, 1))
		open, hits := of(t, &r, FigureOpen), of(t, &r, FigureHits)
		if of(t, &r, FigureRecall) != 1 || hits != open || of(t, &r, FigureFalse) != 0 || of(t, &r, FigureTwice) != 0 {
			t.Errorf("engine %v: %+v", e, r.Figures)
		}
		if rate := open / float64(r.Targets); rate < 0.8*worldOpen || rate > 1.2*worldOpen {
			t.Errorf("%.0f of %d targets are open", open, r.Targets)
		}
	}
}

// TestSyscalls: a scan in copy mode sends many packets with a system call, and does make some.
func TestSyscalls(t *testing.T) {
	c, err := newSyscallCounter()
	if err != nil {
		t.Skip(err) // a kernel without the tracepoint, or no privilege
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	requireLab(t)
	r := measure(t, Lab().TX(Engines()[0], 1))
	if n := of(t, &r, FigureSyscalls); n <= 0 || n > 0.5 {
		t.Errorf("%v system calls a packet", n)
	}
}

// TestNIC takes a wire inside one of the lab's namespaces for a pair of cards: it is counted at the peer, and without one by the
// sender's statistics.
func TestNIC(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	err := l.Scanner.Do(func() error {
		near, far, err := pairInside("card0", "card1")
		if err != nil {
			return err
		}
		for _, peer := range []*End{&far, nil} {
			place := NIC(NICConfig{Near: near, Peer: peer, Next: far.MAC, Source: lab.ScannerAddr, Targets: labTargets()})
			cases := []Case{place.TX(scan.EngineXSK, 1)}
			if peer != nil { // veth takes live frames only where the other end has a native XDP program
				cases = append(cases, place.TX(scan.EngineXDP, 1))
			}
			results, err := Measure(context.Background(), short(), cases)
			if err != nil {
				return err
			}
			for i := range results {
				checkNIC(t, &results[i])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range []*lab.Host{l.Scanner, l.World} {
		if _, attached, err := h.XDPAttached(); err != nil || attached {
			t.Errorf("%s still has an XDP program: %v", h.Interface(), err)
		}
	}
}

func checkNIC(t *testing.T, r *Result) {
	t.Helper()
	sent, arrived := of(t, r, FigureSent), of(t, r, FigureArrived)
	if sent == 0 || arrived < 0.99*sent || arrived > sent+10 { // the card's own may be counted, too
		t.Errorf("%s: %.0f sent, %.0f counted by %s", r.name(), sent, arrived, r.CountedBy)
	}
	if r.Where != "nic" || r.Interface != "card0" {
		t.Errorf("%+v", r)
	}
}

// pairInside makes a veth pair in the namespace of the calling thread.
func pairInside(near, far string) (a, b End, err error) {
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.NumTxQueues, attrs.NumRxQueues = near, 2, 2
	veth := netlink.NewVeth(attrs)
	veth.PeerName, veth.PeerNumTxQueues, veth.PeerNumRxQueues = far, 2, 2
	if err := netlink.LinkAdd(veth); err != nil {
		return a, b, err
	}
	ends := [2]End{}
	for i, name := range []string{near, far} {
		link, err := netlink.LinkByName(name)
		if err != nil {
			return a, b, err
		}
		if err := netlink.LinkSetUp(link); err != nil {
			return a, b, err
		}
		ends[i] = End{name, link.Attrs().Index, [6]byte(link.Attrs().HardwareAddr)}
	}
	return ends[0], ends[1], nil
}

// TestMeasureEnds: when the context is done, the run under way ends and takes its lab with it.
func TestMeasureEnds(t *testing.T) {
	requireLab(t)
	cases := []Case{Generator(), Lab().TX(Engines()[0], 1), Lab().Scan(Engines()[0], 1), RX(Methods()[0])}
	for i := range cases {
		ctx, cancel := context.WithCancel(context.Background())
		s := Settings{Time: time.Hour, Runs: 1, Progress: func(int, int, string) {
			time.AfterFunc(300*time.Millisecond, cancel)
		}}
		if _, err := Measure(ctx, s, cases[i:i+1]); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want that it was cancelled", cases[i].Name(), err)
		}
		if pids, err := pollThreads("scan0"); err != nil || len(pids) > 0 {
			t.Errorf("%s: threads %v still poll a lab: %v", cases[i].Name(), pids, err)
		}
	}
}

// TestFloodBegins: a flood that has sent nothing is waited for until it has, has failed, or nobody waits any more.
func TestFloodBegins(t *testing.T) {
	requireLab(t)
	program, err := newFrames(floodSource, make([]byte, frameLen))
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	f := &flood{program: program, ended: make(chan error, 1)}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := f.begun(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("begun() = %v before the first frame, want that nobody waits any more", err)
	}
	failed := errors.New("failed")
	f.ended <- failed
	if err := f.begun(t.Context()); !errors.Is(err, failed) {
		t.Errorf("begun() = %v, want what the flood failed with", err)
	}
	if err := f.stop(); err != nil {
		t.Errorf("stop() = %v, want no error again", err)
	}
}
