package lab_test

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
)

// TestSimulationAnswers compares every answer on the wire with the truth, whatever is at the scanner's end.
func TestSimulationAnswers(t *testing.T) {
	tests := []struct {
		name string
		mode link.XDPAttachFlags // 0: no program
	}{
		{"no program at the scanner", 0},
		{"native program at the scanner", link.XDPDriverMode},
		{"generic program at the scanner", link.XDPGenericMode},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := labtest.New(t, lab.Config{})
			if tt.mode != 0 {
				attach(t, l.Scanner, tt.mode, passAll)
			}
			s, err := l.Simulate(lab.SimConfig{Key: 42, Open: 0.2, Closed: 0.3, ICMP: 0.2, CoveragePorts: []uint16{443}})
			if err != nil {
				t.Fatal(err)
			}
			const n = 3000
			answers := sweep(t, openTap(t, l.Scanner), n, 443)
			for addr := range uint32(n) {
				target := target{firstTarget + addr, 443}
				frames, want := answers[target], s.Truth(target.addr, target.port)
				if len(frames) > 1 || (len(frames) == 0) != (want == lab.Silent) {
					t.Fatalf("%v: %d answers, truth is %v", lab.ToAddr(target.addr), len(frames), want)
				}
				for _, frame := range frames {
					lab.Decode(t, frame)
					if got := outcomeOf(frame); got != want {
						t.Errorf("%v is %v, truth is %v", lab.ToAddr(target.addr), got, want)
					}
				}
				delete(answers, target)
			}
			if len(answers) > 0 {
				t.Errorf("answers to probes that were not sent: %v", answers)
			}
			checkCounters(t, s, n)
		})
	}
}

// checkCounters holds the counters after a sweep of n addresses to the truth, and the scanner's kernel, which closes each
// connection that it knows nothing of, to the world's expectation.
func checkCounters(t *testing.T, s *lab.Simulation, n uint32) {
	t.Helper()
	c := mustCount(t, s)
	ports, last := []uint16{443}, firstTarget+n-1
	want := lab.Counters{
		SYNs:        uint64(n),
		Open:        s.CountOpen(firstTarget, last, ports),
		Closed:      s.Count(lab.Closed, firstTarget, last, ports),
		Unreachable: s.Count(lab.Unreachable, firstTarget, last, ports),
		Silent:      s.Count(lab.Silent, firstTarget, last, ports),
		RSTsGood:    s.CountOpen(firstTarget, last, ports),
		First:       c.First, Last: c.Last, Passed: c.Passed,
	}
	if c != want {
		t.Errorf("counters:\n got %+v\nwant %+v", c, want)
	}
	now := new(unix.Timespec)
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, now); err != nil {
		t.Fatal(err)
	}
	if up := time.Duration(now.Nano()); c.First <= 0 || c.Last <= c.First || c.Last > up {
		t.Errorf("SYNs came from %v to %v, the clock says %v", c.First, c.Last, up)
	}
	coverage, err := s.Coverage()
	if err != nil {
		t.Fatal(err)
	}
	if coverage.Distinct != uint64(n) || coverage.Repeated != 0 || coverage.Other != 0 || !coverage.Probed(last, 443) || coverage.Probed(last+1, 443) {
		t.Errorf("coverage: %d distinct, %d repeated, %d others; want %d, 0, 0", coverage.Distinct, coverage.Repeated, coverage.Other, n)
	}
}

// TestSimulationFaults counts on the wire what the world says it did.
func TestSimulationFaults(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	cfg := lab.SimConfig{Open: 0.4, Closed: 0.3, ICMP: 0.3, Loss: 0.1, WrongAck: 0.1, Duplicate: 0.3, DuplicateCopies: 4}
	s, err := l.Simulate(cfg)
	if err != nil {
		t.Fatal(err)
	}
	const n = 2000
	answers := sweep(t, openTap(t, l.Scanner), n, 80)
	var frames, wrong uint64
	for target, copies := range answers {
		if len(copies) != 1 && len(copies) != 5 {
			t.Errorf("%v: %d copies of an answer, want 1 or 5", lab.ToAddr(target.addr), len(copies))
		}
		frames += uint64(len(copies))
		if !acknowledges(copies[0], target) {
			wrong++
		}
		for _, c := range copies {
			lab.Decode(t, c)
			if string(c) != string(copies[0]) {
				t.Errorf("copies differ:\n%x\n%x", c, copies[0])
			}
		}
	}
	c := mustCount(t, s)
	if c.SYNs != n || c.Lost == 0 || c.Lost+uint64(len(answers)) != n {
		t.Errorf("%d probes, %d lost, %d answered", c.SYNs, c.Lost, len(answers))
	}
	if c.WrongAcks != wrong || wrong == 0 {
		t.Errorf("%d wrong answers counted, %d seen", c.WrongAcks, wrong)
	}
	if c.Duplicates == 0 || c.Duplicates+uint64(len(answers)) != frames {
		t.Errorf("%d copies counted beside %d answers, %d frames seen", c.Duplicates, len(answers), frames)
	}
}

// TestServerBesideSimulation talks TCP to the world's own address while the rest of the network is simulated.
func TestServerBesideSimulation(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	if _, err := l.AttachPass(l.Scanner); err != nil {
		t.Fatal(err)
	}
	s, err := l.Simulate(lab.SimConfig{Open: 1})
	if err != nil {
		t.Fatal(err)
	}
	var server net.Listener
	if err := l.World.Do(func() (err error) { server, err = net.Listen("tcp4", "198.18.0.2:7"); return err }); err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	go func() {
		conn, err := server.Accept()
		if err == nil {
			io.Copy(conn, conn)
			conn.Close()
		}
	}()
	var client net.Conn
	err = l.Scanner.Do(func() (err error) {
		client, err = net.DialTimeout("tcp4", "198.18.0.2:7", 5*time.Second)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	client.SetDeadline(time.Now().Add(10 * time.Second))
	sent := make([]byte, 1<<20) // many full segments
	for i := range sent {
		sent[i] = byte(i * i)
	}
	go client.Write(sent)
	got := make([]byte, len(sent))
	if _, err := io.ReadFull(client, got); err != nil || string(got) != string(sent) {
		t.Errorf("echo of %d bytes: %v", len(sent), err)
	}
	if c := mustCount(t, s); c.HostSYNs != 1 || c.SYNs != 0 {
		t.Errorf("%d SYNs to hosts and %d to simulated targets, want 1 and 0", c.HostSYNs, c.SYNs)
	}
}

// TestHandshakeWithSimulation has the scanner's kernel, a strict judge, connect to a simulated target.
func TestHandshakeWithSimulation(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	s, err := l.Simulate(lab.SimConfig{Open: 0.5, Closed: 0.5})
	if err != nil {
		t.Fatal(err)
	}
	met := map[lab.Outcome]int{}
	for addr := firstTarget; addr < firstTarget+20; addr++ {
		want := s.Truth(addr, 80)
		met[want]++
		err := l.Scanner.Do(func() error {
			conn, err := net.DialTimeout("tcp4", net.JoinHostPort(lab.ToAddr(addr).String(), "80"), 2*time.Second)
			if err == nil {
				conn.(*net.TCPConn).SetLinger(0)
				conn.Close()
			}
			return err
		})
		if (err == nil) != (want == lab.Open) {
			t.Errorf("connect to %v: %v, truth is %v", lab.ToAddr(addr), err, want)
		}
	}
	if met[lab.Open] == 0 || met[lab.Closed] == 0 {
		t.Errorf("met only %v", met)
	}
}

// TestReset starts the books anew on a running world.
func TestReset(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	s, err := l.Simulate(lab.SimConfig{Open: 1, CoveragePorts: []uint16{80}})
	if err != nil {
		t.Fatal(err)
	}
	p := openTap(t, l.Scanner)
	sweep(t, p, 10, 80)
	if err := s.Reset(); err != nil {
		t.Fatal(err)
	}
	if c := mustCount(t, s); c != (lab.Counters{}) {
		t.Errorf("counters after Reset: %+v", c)
	}
	coverage, err := s.Coverage()
	if err != nil || coverage.Distinct != 0 {
		t.Errorf("coverage after Reset: %+v, %v", coverage, err)
	}
	if windows, err := s.RateWindows(); err != nil || len(windows) != 0 {
		t.Errorf("arrivals after Reset: %v, %v", windows, err)
	}
	if answers := sweep(t, p, 10, 80); len(answers) != 10 {
		t.Errorf("%d answers after Reset, want 10", len(answers))
	}
}

// TestRateWindows spreads three bursts over time and finds them where they belong.
func TestRateWindows(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	s, err := l.Simulate(lab.SimConfig{})
	if err != nil {
		t.Fatal(err)
	}
	p := openTap(t, l.Scanner)
	for i := range 3 {
		if i > 0 {
			time.Sleep(40 * time.Millisecond)
		}
		for range 5 {
			p.send(lab.RawSYN(firstTarget, 80, 1))
		}
	}
	windows, err := s.RateWindows()
	if err != nil {
		t.Fatal(err)
	}
	var sum, busy uint32
	for _, n := range windows {
		sum += n
		if n > 0 {
			busy++
		}
	}
	if len(windows) < 80 || windows[0] == 0 || windows[len(windows)-1] == 0 || sum != 15 || busy < 3 || busy > 15 {
		t.Errorf("%d windows, %d of them busy, with %d SYNs; want more than 80, 3 to 15, 15", len(windows), busy, sum)
	}
	if c := mustCount(t, s); c.RatePPS() <= 0 || c.RatePPS() > 14/0.08 {
		t.Errorf("rate is %v pps for 15 SYNs in over 80 ms", c.RatePPS())
	}
}

// TestWorldsExclude refuses a second simulation on the interface.
func TestWorldsExclude(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	first, err := l.Simulate(lab.SimConfig{})
	if err != nil {
		t.Fatal(err)
	}
	if s, err := l.Simulate(lab.SimConfig{}); err == nil {
		s.Close()
		t.Error("two simulations at once")
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := first.Forge(lab.ForgeConfig{Kind: lab.ForgeRST, Count: 1}); err == nil {
		t.Error("a closed simulation forges")
	}
	if _, err := l.Simulate(lab.SimConfig{}); err != nil {
		t.Errorf("a simulation after another: %v", err)
	}
}

// BenchmarkSimulation measures how fast the world takes SYNs that one core sends it.
func BenchmarkSimulation(b *testing.B) {
	for _, bb := range []struct {
		name string
		cfg  lab.SimConfig
	}{
		{"answers=none,clock=exact", lab.SimConfig{Drop: true}},
		{"answers=none,clock=coarse", lab.SimConfig{Drop: true, CoarseClock: true}},
		{"answers=1.2%,clock=exact", lab.SimConfig{Open: 0.012}},
		{"answers=1.2%,clock=coarse", lab.SimConfig{Open: 0.012, CoarseClock: true}},
		{"answers=50%,clock=coarse", lab.SimConfig{Closed: 0.5, CoarseClock: true}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			l := labtest.New(b, lab.Config{})
			attach(b, l.Scanner, link.XDPDriverMode, dropTCP) // answers are for nobody: the world alone is measured
			s, err := l.Simulate(bb.cfg)
			if err != nil {
				b.Fatal(err)
			}
			const n = 1 << 22
			for b.Loop() {
				if err := s.Reset(); err != nil {
					b.Fatal(err)
				}
				if _, err := s.FloodSYN(n); err != nil {
					b.Fatal(err)
				}
			}
			c := mustCount(b, s)
			b.ReportMetric(c.RatePPS()/1e6, "Mpps")
			b.ReportMetric(float64(n-c.SYNs)/n*100, "%lost")
		})
	}
}
