package bench

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/xsweep/xsweep/output"
	"github.com/xsweep/xsweep/scan"
)

// txPorts makes the target space of a tx case far larger than what is sent in a run.
const txPorts = 1 << 16

// TX sends probes by an engine from so many queues, as fast as it goes.
func (p *Place) TX(e scan.Engine, queues int) Case {
	return Case{
		result: p.result(KindTX, e, queues),
		run: func(ctx context.Context, set *Settings, r *Result) (_ sample, err error) {
			s, err := p.open(ctx, r)
			if err != nil {
				return nil, err
			}
			defer func() { err = errors.Join(err, s.close()) }()
			cfg := s.scanConfig(txPorts)
			cfg.Engine, cfg.Senders, cfg.MaxRuntime, cfg.Dedup = e, queues, set.Time, scan.DedupNone
			return s.countedScan(ctx, cfg, r)
		},
	}
}

// countedScan sends, and counts what arrives.
func (s *site) countedScan(ctx context.Context, cfg scan.Config, r *Result) (_ sample, err error) {
	c, how, err := s.counter()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	r.CountedBy = how
	end, got, err := s.scan(ctx, cfg, discard{}, r)
	if err != nil {
		return nil, err
	}
	time.Sleep(settle)
	n, err := c.count()
	if err != nil {
		return nil, err
	}
	got.count(n.frames, n.pps(end.Sending))
	return got, nil
}

// settle is how long what has been sent may take to arrive.
const settle = 20 * time.Millisecond

// count fills in what follows from the packets that arrived, and at which rate. The CPU time, until now that of all of them
// together, becomes that of one.
func (got sample) count(arrived uint64, pps float64) {
	packets := max(float64(arrived), 1)
	cpu := got[FigureCPU]
	got[FigureArrived], got[FigurePPS] = float64(arrived), pps
	got[FigureCPU] = cpu / packets
	got[FigurePPSPerCore] = 1e9 * packets / max(cpu, 1)
	if calls, ok := got[FigureSyscalls]; ok {
		got[FigureSyscalls] = calls / packets
	}
}

// scan runs one scan. The sample has the CPU time and the system calls of all of it, for count to divide, and r gets the mode.
func (s *site) scan(ctx context.Context, cfg scan.Config, out scan.Output, r *Result) (end scan.Snapshot, got sample, err error) {
	var run *scan.Scan
	err = s.do(func() error {
		run, err = scan.Open(cfg)
		return err
	})
	if err != nil {
		return end, nil, err
	}
	defer func() { err = errors.Join(err, run.Close()) }()
	w := run.Way()
	r.Mode = fmt.Sprintf("XDP %s, AF_XDP %s", w.XDP, w.AFXDP)
	if w.Senders != r.Queues {
		return end, nil, fmt.Errorf("%s has %d queues to send from, not %d", s.near.Name, w.Senders, r.Queues)
	}
	// As many threads as the scan has, and some for Go, as xsweep itself has them.
	runtime.GOMAXPROCS(max(runtime.GOMAXPROCS(0), run.Threads()+2))
	m, err := startMeter()
	if err != nil {
		return end, nil, err
	}
	end, err = run.Run(ctx, out, nil)
	got, stopped := m.stop()
	if err = errors.Join(err, stopped); err != nil {
		return end, nil, err
	}
	got[FigureSent] = float64(end.Probes)
	return end, got, nil
}

// discard takes answers that nobody looks at.
type discard struct{}

func (discard) Write(*output.Record) error { return nil }
func (discard) Flush() error               { return nil }
func (discard) Rows() uint64               { return 0 }
