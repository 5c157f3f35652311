package scan

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/bpf"
	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
	"github.com/xsweep/xsweep/output"
)

// checkBalance holds that every true answer is accounted for, and nothing was lost in a way that there is no reason for.
func checkBalance(t *testing.T, r result) {
	t.Helper()
	b := r.end.Balance()
	if b.Missing != 0 || b.Lost != 0 || b.Seen == 0 || b.Rows != uint64(len(r.rows)) {
		t.Errorf("%+v: want all of them in %d rows; losses %+v", b, len(r.rows), r.end.Losses)
	}
}

// brokenOutput takes no row.
type brokenOutput struct{ err error }

func (o brokenOutput) Write(*output.Record) error { return o.err }
func (o brokenOutput) Flush() error               { return nil }
func (o brokenOutput) Rows() uint64               { return 0 }

// TestLosses makes every kind of loss happen, so often as it is told to, and to answers that came before the scan was
// run: nobody reads them meanwhile. Each is counted in its place and nowhere else.
func TestLosses(t *testing.T) {
	const frames = 300
	tests := []struct {
		name   string
		change func(*Config)
		frames func(l *lab.Lab, cfg Config) [][]byte
		open   func(t *testing.T, s *Scan)
		field  func(*Losses) *uint64
		want   uint64
	}{
		{name: "none", change: func(*Config) {}},
		{
			name: "receive ring full", change: func(c *Config) { c.ring, c.ringFrames = 64, 128 },
			field: func(l *Losses) *uint64 { return &l.RingFull }, want: frames - 64,
		},
		{
			name: "fill ring empty", change: func(c *Config) { c.ring, c.ringFrames = 512, 64 },
			field: func(l *Losses) *uint64 { return &l.NoFrame }, want: frames - 64,
		},
		{
			name: "frame too long", change: func(*Config) {},
			frames: func(l *lab.Lab, cfg Config) [][]byte {
				p := probeOf(cfg, cfg.Targets.At(0), cfg.Ports[0])
				return [][]byte{synAck(l, p, 1600), synAck(l, p, 2500), synAck(l, p, 3000)}
			},
			field: func(l *Losses) *uint64 { return &l.TooLong }, want: 2,
		},
		{
			name: "socket bound to nothing", change: func(*Config) {},
			open:  func(t *testing.T, s *Scan) { t.Cleanup(unboundSocket(t, s)) },
			field: func(l *Losses) *uint64 { return &l.Redirect }, want: frames,
		},
		{
			name: "no socket", change: func(*Config) {},
			open:  func(t *testing.T, s *Scan) { unboundSocket(t, s)() }, // closing it takes it out of the map
			field: func(l *Losses) *uint64 { return &l.NoSocket }, want: frames,
		},
		{
			name: "no room for copies", change: func(c *Config) { c.Reset = ResetKernel },
			frames: func(l *lab.Lab, cfg Config) (list [][]byte) {
				for range 30_000 / frames {
					list = append(list, acceptances(l, cfg, frames)...)
				}
				return list
			},
			field: func(l *Losses) *uint64 { return &l.Uncopied }, want: 30_000 - 4<<20/160,
		},
		{
			name: "not a target", change: func(*Config) {},
			frames: func(l *lab.Lab, cfg Config) [][]byte {
				return [][]byte{synAck(l, probeOf(cfg, cfg.Targets.At(0), 81), 0), synAck(l, probeOf(cfg, 0xc6130001, 80), 0)}
			},
			field: func(l *Losses) *uint64 { return &l.Invalid }, want: 2,
		},
	}
	for _, mode := range []bpf.Mode{bpf.ModeNative, bpf.ModeGeneric} {
		for _, tt := range tests {
			t.Run(fmt.Sprintf("%s/%v", tt.name, mode), func(t *testing.T) {
				l := labtest.New(t, lab.Config{Queues: 1})
				setMTU(t, l, 4000)
				cfg := lossConfig(t, l)
				cfg.XDP = mode
				tt.change(&cfg)
				list := acceptances(l, cfg, frames)
				if tt.frames != nil {
					list = tt.frames(l, cfg)
				}
				s := openScan(t, l, cfg)
				if tt.open != nil {
					tt.open(t, s)
				}
				inject(t, l, 1, list...)
				r := runOpened(t, s, nil)
				b := r.end.Balance()
				if b.Seen != uint64(len(list)) || b.Missing != 0 || b.Lost != tt.want || b.Rows+b.Lost != b.Seen {
					t.Errorf("%+v of %d answers, want %d lost", b, len(list), tt.want)
				}
				var want Losses
				if tt.want > 0 {
					*tt.field(&want) = tt.want
				}
				want.WaitedForRoom, want.ResetsWithheld = r.end.Losses.WaitedForRoom, r.end.Losses.ResetsWithheld
				if r.end.Losses != want {
					t.Errorf("losses %+v, want %+v", r.end.Losses, want)
				}
			})
		}
	}
}

// unboundSocket puts a socket in the place of that of queue 0.
func unboundSocket(t *testing.T, s *Scan) (closing func()) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_XDP, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.steer.SetSocket(0, fd); err != nil {
		t.Fatal(err)
	}
	return func() { unix.Close(fd) }
}

// lossConfig is a scan of 300 targets that do not answer: there is no world.
func lossConfig(t *testing.T, l *lab.Lab) Config {
	cfg := labConfig(t, l, 100_000, 80)
	cfg.Targets, cfg.Key, cfg.Engine = set(t, "198.18.64.0-198.18.65.43"), Key{1, 2}, EngineXSK
	cfg.Cooldown = 50 * time.Millisecond
	return cfg
}

// TestAnswersBesideRows counts the answers that no row is made of, though none was lost.
func TestAnswersBesideRows(t *testing.T) {
	l := labtest.New(t, lab.Config{Queues: 1})
	const frames, copies = 300, 3
	broken := errors.New("no row today")
	tests := []struct {
		name   string
		change func(*Config)
		out    func(t *testing.T) Output
		want   Balance
		fails  error
	}{
		{
			"repeats that the filter does not want", func(*Config) {}, func(t *testing.T) Output { return defaultRows(t) },
			Balance{Rows: frames, Filtered: frames * (copies - 1)}, nil,
		},
		{
			"results beyond the maximum", func(c *Config) { c.MaxResults = 10 }, func(t *testing.T) Output { return defaultRows(t) },
			Balance{Rows: 10, Surplus: frames*copies - 10}, nil,
		},
		{
			"an output that fails", func(*Config) {}, func(*testing.T) Output { return brokenOutput{broken} },
			Balance{Lost: frames * copies}, broken,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := lossConfig(t, l)
			tt.change(&cfg)
			s := openScan(t, l, cfg)
			for range copies {
				inject(t, l, 1, acceptances(l, cfg, frames)...)
			}
			end, err := s.Run(context.Background(), tt.out(t), nil)
			if !errors.Is(err, tt.fails) {
				t.Errorf("error %v, want %v", err, tt.fails)
			}
			tt.want.Seen = frames * copies
			if got := end.Balance(); got != tt.want {
				t.Errorf("%+v, want %+v", got, tt.want)
			}
			if tt.fails != nil && end.Losses.Unwritten != frames*copies {
				t.Errorf("%d answers unwritten, want all", end.Losses.Unwritten)
			}
		})
	}
}

// setMTU lets both ends of the wire take longer frames.
func setMTU(t *testing.T, l *lab.Lab, bytes int) {
	t.Helper()
	for _, h := range []*lab.Host{l.Scanner, l.World} {
		err := h.Do(func() error {
			dev, err := netlink.LinkByName(h.Interface())
			if err != nil {
				return err
			}
			return netlink.LinkSetMTU(dev, bytes)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
