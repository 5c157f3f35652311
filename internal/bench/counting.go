package bench

import (
	"errors"
	"fmt"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/xsweep/xsweep/internal/lab"
)

// A counter counts the frames of the benchmark that arrive, or what comes nearest to that.
type counter interface {
	count() (tally, error) // since it was made
	Close() error
}

// tally is a number of frames, and the time from the first to the last, 0 where that is not known.
type tally struct {
	frames uint64
	over   time.Duration
}

// pps is the rate at which they came; sending is the time that is taken where they have none.
func (t *tally) pps(sending time.Duration) float64 {
	frames := float64(t.frames)
	if t.over > 0 {
		frames, sending = frames-1, t.over
	}
	if sending <= 0 {
		return 0
	}
	return frames / sending.Seconds()
}

// inLab is where the lab counts.
const inLab = "the world at the other end"

// counter counts at the far end if there is one, and how says where.
func (s *site) counter() (c counter, how string, err error) {
	switch {
	case s.lab != nil:
		world, err := s.lab.Simulate(lab.SimConfig{Key: worldKey, Drop: true, CoarseClock: true})
		if err != nil {
			return nil, "", err
		}
		return &worldCounter{world}, inLab, nil
	case s.hasPeer():
		c, how, err := s.newPeerCounter()
		return c, how, err
	}
	n, err := newStatistics(s.near, func(st *netlink.LinkStatistics) uint64 { return st.TxPackets })
	return n, fmt.Sprintf("the sender's own statistics (%s): nobody knows what arrived", s.near.Name), err
}

// worldCounter is a simulated world that drops all probes.
type worldCounter struct{ *lab.Simulation }

func (c *worldCounter) count() (tally, error) {
	n, err := c.Counters()
	return tally{n.SYNs - n.BadIPChecksum - n.BadTCPChecksum - n.Malformed, n.Last - n.First}, err
}

// newPeerCounter puts a program on the peer that counts the benchmark's frames and drops them. Where the driver has no native
// mode, generic XDP would count less than arrives: then its statistics do.
func (s *site) newPeerCounter() (counter, string, error) {
	p, err := newFrames(s.source, nil)
	if err != nil {
		return nil, "", err
	}
	if err = s.doFar(func() error { return p.attach(p.objects.Count, s.far, true) }); err == nil {
		return &peerCounter{p}, fmt.Sprintf("a native XDP program on %s, which drops them", s.far.Name), nil
	}
	err = errors.Join(err, p.Close())
	if !isUnsupported(err) {
		return nil, "", err
	}
	n, err := newStatistics(s.far, func(st *netlink.LinkStatistics) uint64 { return st.RxPackets })
	return n, fmt.Sprintf("the statistics of %s, which has no native XDP", s.far.Name), err
}

type peerCounter struct{ *framesProgram }

func (c *peerCounter) count() (tally, error) { return c.arrived() }

// statistics is a counter of an interface, from now on. It counts whatever else the interface sends or receives, too.
type statistics struct {
	end    End
	of     func(*netlink.LinkStatistics) uint64
	before uint64
}

func newStatistics(end End, of func(*netlink.LinkStatistics) uint64) (*statistics, error) {
	s := &statistics{end: end, of: of}
	now, err := s.count()
	s.before = now.frames
	return s, err
}

func (s *statistics) count() (tally, error) {
	link, err := netlink.LinkByIndex(s.end.Ifindex)
	if err != nil {
		return tally{}, fmt.Errorf("read statistics of %s: %w", s.end.Name, err)
	}
	st := link.Attrs().Statistics
	if st == nil {
		return tally{}, fmt.Errorf("read statistics of %s: the driver has none", s.end.Name)
	}
	return tally{frames: s.of(st) - s.before}, nil
}

func (s *statistics) Close() error { return nil }
