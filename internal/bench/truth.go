package bench

import (
	"context"
	"errors"
	"time"

	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/output"
	"github.com/xsweep/xsweep/scan"
)

// The world that a scan is held against.
const (
	worldKey    = 2544
	worldOpen   = 0.01
	worldClosed = 0.05
)

// scanCooldown is how long a scan in the lab listens: there is no way but a wire of veth.
const scanCooldown = 500 * time.Millisecond

// Scan is a whole scan of the lab's network, in a world that answers 6 % of the targets; on as many ports as take the time that a run
// is to take. The hits are held against the truth: every target is probed once, and every open one should be found, once. Only
// the lab has a truth.
func (p *Place) Scan(e scan.Engine, queues int) Case {
	ports := 0
	return Case{
		result: p.result(KindScan, e, queues),
		run: func(ctx context.Context, set *Settings, r *Result) (sample, error) {
			if !p.hasTruth() {
				return nil, errors.New("a scan with a known truth needs the lab")
			}
			if ports == 0 {
				got, err := p.scanTruth(ctx, e, r, trialPorts)
				if err != nil {
					return nil, err
				}
				ports = portsFor(got[FigurePPS]*set.Time.Seconds(), labTargets().Len())
			}
			return p.scanTruth(ctx, e, r, ports)
		},
	}
}

// trialPorts is for a first scan, which shows how many ports take the time that a run is to take.
const trialPorts = 4

// portsFor is how many ports make so many targets, of so many addresses: one at least.
func portsFor(targets float64, addrs uint64) int {
	return int(min(max(targets/float64(addrs), 1), 1<<16))
}

func (p *Place) scanTruth(ctx context.Context, e scan.Engine, r *Result, ports int) (_ sample, err error) {
	s, err := p.open(ctx, r)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	r.CountedBy = inLab
	world, err := s.lab.Simulate(lab.SimConfig{Key: worldKey, Open: worldOpen, Closed: worldClosed, CoarseClock: true})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, world.Close()) }()
	cfg := s.scanConfig(ports)
	cfg.Engine, cfg.Senders, cfg.Cooldown = e, r.Queues, scanCooldown
	rows := judged{lab.NewJudge(world.Truth)}
	end, got, err := s.scan(ctx, cfg, rows, r)
	if err != nil {
		return nil, err
	}
	n, err := world.Counters()
	if err != nil {
		return nil, err
	}
	r.Targets = end.Targets
	got.count(n.SYNs, n.RatePPS())
	open := world.CountOpen(s.targets.At(0), s.targets.At(s.targets.Len()-1), cfg.Ports)
	got[FigureHits], got[FigureOpen] = float64(end.Hits), float64(open)
	got[FigureRecall] = float64(rows.Right) / float64(max(open, 1))
	got[FigureFalse], got[FigureTwice] = float64(rows.Wrong), float64(rows.Twice)
	return got, nil
}

// judged is an output that holds hits against the truth.
type judged struct{ *lab.Judge }

func (j judged) Write(r *output.Record) error {
	if r.Class == output.SYNACK && !r.Repeat {
		j.Row(r.Saddr, r.Sport)
	}
	return nil
}

func (j judged) Flush() error { return nil }
func (j judged) Rows() uint64 { return j.Right + j.Wrong + j.Twice }
