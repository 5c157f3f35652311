package bench

import (
	"context"
	"runtime"

	"github.com/xsweep/xsweep/blocklist"
	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/packet"
	"github.com/xsweep/xsweep/scan"
	"github.com/xsweep/xsweep/xsk"
)

// An End is an interface of this machine.
type End struct {
	Name    string
	Ifindex int // in its namespace
	MAC     [6]byte
}

// Place is where a benchmark sends.
type Place struct {
	nic *NICConfig // nil for the lab
}

// NICConfig describes a place with real interfaces, in the network namespace that the process is in.
type NICConfig struct {
	Near    End
	Peer    *End           // connected with Near, to count at; nil for none
	Next    [6]byte        // MAC that probes go to
	Source  uint32         // host byte order
	Targets *blocklist.Set // not empty
}

// Lab is the wire of a lab, with a queue for each core. What is sent there cannot leave it.
func Lab() *Place { return new(Place) }

// NIC is an interface of this machine and, perhaps, the one that it is connected with. Nothing is asked of the network: probes go to
// cfg.Next, whatever the routing table says.
func NIC(cfg NICConfig) *Place { return &Place{&cfg} }

// Queues is how many queues there are to send from. On real interfaces it may need the privileges of xsk.NumQueues.
func (p *Place) Queues() (int, error) {
	if p.nic == nil {
		return runtime.NumCPU(), nil
	}
	return xsk.NumQueues(p.nic.Near.Name)
}

// hasTruth says whether there can be a world whose truth is known.
func (p *Place) hasTruth() bool { return p.nic == nil }

// result is what every result of this place begins with.
func (p *Place) result(kind Kind, e scan.Engine, queues int) Result {
	r := Result{Kind: kind, Where: "lab", Engine: e.String(), Queues: queues}
	if p.nic != nil {
		r.Where = "nic"
	}
	return r
}

// site is a place during one run.
type site struct {
	near    End                      // sends
	far     End                      // its peer; no name where there is none
	next    [6]byte                  // MAC that probes go to
	source  uint32                   // address that they come from
	targets *blocklist.Set           // addresses that they go to
	lab     *lab.Lab                 // nil on real interfaces
	do      func(func() error) error // runs a function in the namespace of near
	doFar   func(func() error) error
}

// open makes the place ready for a run. A lab is made for each run, so that none begins with what another one left.
func (p *Place) open(ctx context.Context, r *Result) (s *site, err error) {
	if p.nic != nil {
		here := func(fn func() error) error { return fn() }
		s = &site{near: p.nic.Near, next: p.nic.Next, source: p.nic.Source, targets: p.nic.Targets, do: here, doFar: here}
		if p.nic.Peer != nil {
			s.far = *p.nic.Peer
		}
	} else if s, err = openLab(ctx, lab.Config{}); err != nil {
		return nil, err
	}
	s.describe(r)
	return s, nil
}

func openLab(ctx context.Context, cfg lab.Config) (*site, error) {
	l, err := lab.NewContext(ctx, cfg)
	if err != nil {
		return nil, err
	}
	end := func(h *lab.Host) End { return End{h.Interface(), h.Ifindex(), [6]byte(h.MAC())} }
	return &site{
		near: end(l.Scanner), far: end(l.World), next: [6]byte(l.World.MAC()), source: l.Scanner.Addr(),
		targets: labTargets(), lab: l, do: l.Scanner.Do, doFar: l.World.Do,
	}, nil
}

// labTargets are the addresses that the lab's worlds answer for.
func labTargets() *blocklist.Set {
	return blocklist.New(blocklist.Range{First: lab.FirstTarget, Last: lab.LastTarget})
}

// describe fills in what there is to know of the interface near.
func (s *site) describe(r *Result) {
	r.Interface = s.near.Name
	_ = s.do(func() error { r.Driver = xsk.DriverName(s.near.Ifindex); return nil }) // not essential
}

func (s *site) hasPeer() bool { return s.far.Name != "" }

func (s *site) close() error {
	if s.lab == nil {
		return nil
	}
	return s.lab.Close()
}

// scanConfig is a scan of the site's targets, as fast as it goes.
func (s *site) scanConfig(ports int) scan.Config {
	cfg := scan.Config{
		Targets: s.targets, Ports: make([]uint16, ports), Seed: 1,
		Ifindex: s.near.Ifindex, Interface: s.near.Name, Sources: []uint32{s.source},
		Link: packet.Config{SrcMAC: s.near.MAC, DstMAC: s.next},
	}
	for i := range cfg.Ports {
		cfg.Ports[i] = uint16(i)
	}
	return cfg
}
