package main

import (
	"context"
	"fmt"
	"time"

	"github.com/xsweep/xsweep/internal/lab"
)

// forgeUnlimitedPPS is how fast forged answers come to a scan that has no rate.
const forgeUnlimitedPPS = 10_000

// forgeDuring has the world send count forged SYN-ACKs to the ports of a contender from its first probe on. The result yields
// an error, or nil, when that has ended; where ctx ends first, none is sent.
func forgeDuring(ctx context.Context, world *lab.Simulation, c *contender, count, ratePPS int) <-chan error {
	done := make(chan error, 1)
	if count == 0 {
		done <- nil
		return done
	}
	forgePPS := float64(ratePPS) / 100
	if ratePPS == 0 {
		forgePPS = forgeUnlimitedPPS
	}
	go func() {
		if !firstProbe(ctx, world) {
			done <- nil
			return
		}
		_, err := world.Forge(lab.ForgeConfig{
			Kind: lab.ForgeSYNACK, Count: uint64(count), RatePPS: forgePPS,
			FirstPort: c.firstSource, LastPort: c.lastSource,
		})
		if err != nil {
			err = fmt.Errorf("forge answers: %w", err)
		}
		done <- err
	}()
	return done
}

// firstProbe waits for the first probe to arrive, or for the end of ctx.
func firstProbe(ctx context.Context, world *lab.Simulation) bool {
	for {
		if n, err := world.Counters(); err == nil && n.SYNs > 0 {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// wake sends a frame now and then to a tool that sleeps, once probes have stopped to arrive, until ctx is done. masscan's
// receiving thread looks for the end of the scan only after a frame has come in; without one it waits for ever.
func wake(ctx context.Context, world *lab.Simulation, c *contender) error {
	if !c.sleeps {
		return nil
	}
	const interval = 250 * time.Millisecond
	for last := uint64(0); ; {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(interval):
		}
		n, err := world.Counters()
		if err != nil {
			return err
		}
		if n.SYNs > 0 && n.SYNs == last {
			// A RST from nobody: no tool reports those.
			frame := lab.ForgeConfig{Kind: lab.ForgeRST, Count: 1, FirstPort: c.firstSource, LastPort: c.lastSource}
			if _, err := world.Forge(frame); err != nil {
				return fmt.Errorf("wake %s: %w", c.name, err)
			}
		}
		last = n.SYNs
	}
}
