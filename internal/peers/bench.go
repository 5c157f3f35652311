package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/xsweep/xsweep/internal/lab"
)

// cooldown is how long tools listen after their last probe. Answers here take microseconds, so the least that all take is
// plenty.
const cooldown = time.Second

// bench is a lab with what tools need to be run in it.
type bench struct {
	lab      *lab.Lab
	dir      string // for the tools' files; theirs to write in even if they drop privileges
	empty    string
	leaveOut string
	log      io.Writer // a line per measurement
}

// newBench makes a lab, which is the caller's to close by Close.
func newBench(ctx context.Context, log io.Writer) (*bench, error) {
	l, err := lab.NewContext(ctx, lab.Config{})
	if err != nil {
		return nil, err
	}
	b := &bench{lab: l, log: log}
	if err := b.prepareFiles(); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

func (b *bench) prepareFiles() error {
	var err error
	if b.dir, err = os.MkdirTemp("", "xsweep-peers-"); err != nil {
		return err
	}
	b.empty, b.leaveOut = filepath.Join(b.dir, "empty"), filepath.Join(b.dir, "leave-out")
	var hosts strings.Builder
	network := lab.ScannerAddr - 1
	for addr := network; addr < lab.FirstTarget; addr++ {
		fmt.Fprintf(&hosts, "%s/32\n", addrText(addr))
	}
	return errors.Join(
		os.WriteFile(b.empty, nil, 0o644),
		os.WriteFile(b.leaveOut, []byte(hosts.String()), 0o644),
		os.Chmod(b.dir, 0o777), // newer ZMaps write as nobody
	)
}

// Close removes the lab and the files.
func (b *bench) Close() error {
	return errors.Join(b.lab.Close(), os.RemoveAll(b.dir))
}

// run measures each contender as often as runs says, at each rate, taking turns.
func (b *bench) run(ctx context.Context, e experiment, contenders []contender, runs int) (_ []record, err error) {
	world, err := b.lab.Simulate(e.world)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, world.Close()) }()
	contenders = e.takingPart(contenders)
	var records []record
	for _, rate := range e.rates {
		for range runs {
			for _, c := range contenders {
				r, err := b.measure(ctx, world, &e, &c, rate)
				if err != nil {
					return records, err
				}
				fmt.Fprintf(b.log, "%-7s %-24s %9d asked %9.0f pps  recall %.6f  %d twice  %d false  %.2f CPU s  %d MiB\n",
					r.test, r.contender, r.askedPPS, r.pps(), r.recall(), r.duplicates, r.untrue, r.cpuSeconds, r.rssBytes>>20)
				records = append(records, r)
			}
		}
	}
	return records, nil
}

// measure has one contender scan the world once, which for a tool of one port is several runs.
func (b *bench) measure(ctx context.Context, world *lab.Simulation, e *experiment, c *contender, ratePPS int) (record, error) {
	r := record{test: e.name, contender: c.name, askedPPS: ratePPS}
	var err error
	if r.version, err = version(ctx, c); err != nil {
		return r, err
	}
	for _, j := range jobs(e, c, ratePPS) {
		j.wire, j.ratePPS, j.senders, j.cooldown = wireOf(b.lab), ratePPS, c.senders, cooldown
		j.output, j.empty, j.leaveOut = filepath.Join(b.dir, "results"), b.empty, b.leaveOut
		if err := b.scan(ctx, world, e, c, j, &r); err != nil {
			return r, fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return r, nil
}

// manyRuns is how many ports a tool scans at most that needs a run for each: a start takes it seconds.
const manyRuns = 4

// jobs are the runs that a measurement takes, by their ports and repeats.
func jobs(e *experiment, c *contender, ratePPS int) []job {
	ports := firstPorts(e.ports)
	if ratePPS == 0 {
		ports = firstPorts(e.ports * c.factor)
	}
	switch {
	case !c.onePort:
		return []job{{ports: ports, repeats: 1}}
	case e.repeat:
		return []job{{ports: ports[:1], repeats: len(ports)}}
	}
	var all []job
	for i := range min(len(ports), manyRuns) {
		all = append(all, job{ports: ports[i : i+1], repeats: 1})
	}
	return all
}

// scan runs a tool once and adds what came of it to r.
func (b *bench) scan(ctx context.Context, world *lab.Simulation, e *experiment, c *contender, j job, r *record) (err error) {
	if err := os.RemoveAll(j.output); err != nil {
		return err
	}
	if err := world.Reset(); err != nil {
		return err
	}
	if c.needsPass {
		pass, err := b.lab.AttachPass(b.lab.Scanner)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, pass.Close()) }()
	}
	probes := int(addresses) * len(j.ports) * j.repeats
	ctx, cancel := context.WithTimeout(ctx, timeLimit(probes, j.ratePPS, j.cooldown))
	defer cancel()
	forged := forgeDuring(ctx, world, c, probes*e.forged/100, j.ratePPS)
	woken := make(chan error, 1)
	go func() { woken <- wake(ctx, world, c) }()
	used, err := runChild(ctx, b.lab.Scanner, c.command, c.args(j))
	cancel()
	if err := errors.Join(err, <-forged, <-woken); err != nil {
		return err
	}
	return r.add(world, used, j, c)
}

// add adds a run.
func (r *record) add(world *lab.Simulation, used usage, j job, c *contender) error {
	n, err := world.Counters()
	if err != nil {
		return err
	}
	r.probes += n.SYNs
	r.bad += n.BadIPChecksum + n.BadTCPChecksum + n.Malformed
	r.seconds += (n.Last - n.First).Seconds()
	r.cpuSeconds += used.cpu.Seconds()
	r.rssBytes = max(r.rssBytes, used.rss)
	r.open += world.CountOpen(lab.FirstTarget, lab.LastTarget, j.ports)
	f, err := os.Open(j.output)
	if errors.Is(err, os.ErrNotExist) { // masscan makes the file with the first row
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	rows, err := c.read(f, j.ports[0])
	if err != nil {
		return fmt.Errorf("results: %w", err)
	}
	found := check(rows, world.Truth)
	r.found += found.found
	r.duplicates += found.duplicates
	r.untrue += found.untrue
	return nil
}

// version is the first line of what a tool prints of itself that is not empty.
func version(ctx context.Context, c *contender) (string, error) {
	// masscan exits with 1 after it has done what it was asked.
	text, err := exec.CommandContext(ctx, c.command, c.versionFlag).CombinedOutput()
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" {
			line, _, _ = strings.Cut(line, " (") // and then where it is from
			return strings.TrimSpace(line), nil
		}
	}
	return "", errors.Join(fmt.Errorf("%s says nothing of its version", c.command), err)
}
