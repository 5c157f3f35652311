package bench

import (
	"context"
	"runtime"
	"time"

	"github.com/xsweep/xsweep/blocklist"
	"github.com/xsweep/xsweep/packet"
	"github.com/xsweep/xsweep/scan"
)

// slotSize is the room that a frame has in a transmit ring.
const slotSize = 128

// Generator makes probes for all of IPv4 that is not special-purpose, on one port, and sends them nowhere: the next target, its
// cookie, its frame with both checksums. It needs no privilege.
func Generator() Case {
	return Case{
		result: Result{Kind: KindGenerator, Where: "cpu"},
		run: func(ctx context.Context, s *Settings, _ *Result) (sample, error) {
			return generate(ctx, s.Time)
		},
	}
}

func generate(ctx context.Context, length time.Duration) (sample, error) {
	run, err := scan.NewDryRun(scan.Config{
		Targets: blocklist.All().Minus(blocklist.SpecialSet()), Ports: []uint16{80}, Sources: []uint32{0}, Seed: 1,
	})
	if err != nil {
		return nil, err
	}
	template, err := packet.NewTemplate(packet.Config{})
	if err != nil {
		return nil, err
	}
	frames, at := make([]byte, scan.MaxProbes*slotSize), make([]uint64, scan.MaxProbes)
	for i := range at {
		at[i] = uint64(i * slotSize)
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	probes, lookAt, start := 0, 0, time.Now()
	elapsed := time.Duration(0)
	for batch := range run.Probes() {
		template.PatchAll(frames, at[:len(batch)], batch)
		if probes += len(batch); probes < lookAt {
			continue
		}
		lookAt = probes + 1<<16 // about a millisecond
		if elapsed = time.Since(start); elapsed >= length || ctx.Err() != nil {
			break
		}
	}
	return sample{FigureNSPerProbe: float64(elapsed.Nanoseconds()) / float64(probes)}, ctx.Err()
}
