package main

import (
	"errors"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/internal/bench"
	"github.com/xsweep/xsweep/scan"
)

const benchHelp = `Measure what this machine does: the generator of probes alone, sending by each engine, receiving, and whole scans.

Without --interface everything takes place in the lab: two network namespaces on this machine, joined by a virtual
cable, that no packet leaves. Packets are counted where they arrive, and a scan is held against the truth.

With --interface it sends from a network card, as fast as it goes, to addresses of 198.18.0.0/15, which are set
aside for this (RFC 2544), and to the one MAC address that --target-mac or --peer names. No route is looked up,
nothing is asked. With --peer, a second interface of this machine that is connected with the first, packets are
counted there, by an XDP program that drops them. Use a cable, or a switch of your own.

Runs take place in turn. Figures are medians, with the least and the greatest behind them. It needs root.`

const benchExamples = `  In the lab, everything, about two minutes:
    xsweep bench

  Two ports of a network card with a cable between them:
    xsweep bench -i eth1 --peer eth2

  To see which way to receive is how fast:
    xsweep bench rx`

// benchOptions are the flags of bench.
type benchOptions struct {
	benchRuns
	benchNIC
	measure []string
	engines []string
	queues  []string
}

// benchRuns are the flags that bench and bench rx share.
type benchRuns struct {
	time     secondsValue
	runs     numberValue
	json     bool
	markdown bool
}

func newBench() *cobra.Command {
	o := new(benchOptions)
	cmd := &cobra.Command{
		Use:                   "bench [options]",
		Short:                 "measure what this machine does",
		Long:                  benchHelp,
		Example:               benchExamples,
		DisableFlagsInUseLine: true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef(cmd, "bench knows rx, and not %q: its targets are given by --target", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringSliceVar(&o.measure, "measure", nil,
		"measure only `KINDS`: generator, tx, rx, scan (default all; on a card the first two)")
	f.StringSliceVar(&o.engines, "engines", engineNames(), "send by `ENGINES`")
	f.StringSliceVar(&o.queues, "queues", nil, "send from `N` queues, or in turn from several numbers, as 1,2,4 (default one, and one a core)")
	o.benchRuns.add(f)
	o.benchNIC.add(f)
	cmd.AddCommand(newBenchRX())
	return cmd
}

func (o *benchRuns) add(f *pflag.FlagSet) {
	o.time, o.runs = secondsValue(2*time.Second), numberValue{n: 5, least: 1}
	f.Var(&o.time, "time", "let each run take so long")
	f.Var(&o.runs, "runs", "run each case so often")
	f.BoolVar(&o.json, "json", false, "print a JSON object a line and case (fields: docs/performance.md)")
	f.BoolVar(&o.markdown, "markdown", false, "print tables in Markdown")
}

func engineNames() (names []string) {
	for _, e := range bench.Engines() {
		names = append(names, e.String())
	}
	return names
}

func (o *benchOptions) run(cmd *cobra.Command) error {
	if err := o.check(cmd); err != nil {
		return err
	}
	kinds, err := o.kinds(cmd)
	if err != nil {
		return err
	}
	engines, err := chosen(cmd, "--engines", o.engines, bench.Engines(), scan.Engine.String)
	if err != nil {
		return err
	}
	place, err := o.place(cmd)
	if err != nil {
		return err
	}
	cases, err := o.cases(cmd, place, kinds, engines)
	if err != nil {
		return err
	}
	return o.measureAll(cmd, cases)
}

// check refuses what no run can be made of.
func (o *benchRuns) check(cmd *cobra.Command) error {
	const least = 50 * time.Millisecond
	switch {
	case o.json && o.markdown:
		return usagef(cmd, "--json and --markdown are two ways to print the same: give one")
	case time.Duration(o.time) < least:
		return usagef(cmd, "--time %v is less than %v seconds", &o.time, least.Seconds())
	}
	return nil
}

// kinds are those asked for, in the order in which they are shown.
func (o *benchOptions) kinds(cmd *cobra.Command) ([]bench.Kind, error) {
	kinds, err := chosen(cmd, "--measure", o.measure, bench.Kinds(), func(k bench.Kind) string { return string(k) })
	if err != nil || o.iface == "" {
		return kinds, err
	}
	onCard := func(k bench.Kind) bool { return k == bench.KindGenerator || k == bench.KindTX }
	for _, k := range kinds {
		if len(o.measure) > 0 && !onCard(k) {
			return nil, usagef(cmd, "--measure %s is for the lab, where the truth is known: leave out --interface (-i)", k)
		}
	}
	return slices.DeleteFunc(kinds, func(k bench.Kind) bool { return !onCard(k) }), nil
}

// chosen are those of all whose names are asked for, in the order of all; with none asked for, all.
func chosen[T any](cmd *cobra.Command, flag string, asked []string, all []T, name func(T) string) ([]T, error) {
	var names []string
	for _, v := range all {
		names = append(names, name(v))
	}
	for _, a := range asked {
		if !slices.Contains(names, a) {
			return nil, usagef(cmd, "%s: %q is not one of %s", flag, a, strings.Join(names, ", "))
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(v T) bool {
		return len(asked) > 0 && !slices.Contains(asked, name(v))
	}), nil
}

// cases are what there is to measure.
func (o *benchOptions) cases(cmd *cobra.Command, place *bench.Place, kinds []bench.Kind, engines []scan.Engine) (
	cases []bench.Case, err error) {
	var queues []int
	if slices.Contains(kinds, bench.KindTX) || slices.Contains(kinds, bench.KindScan) {
		if queues, err = o.queueCounts(cmd, place); err != nil {
			return nil, err
		}
	}
	each := func(newCase func(scan.Engine, int) bench.Case) {
		for _, e := range engines {
			for _, n := range queues {
				cases = append(cases, newCase(e, n))
			}
		}
	}
	for _, kind := range kinds {
		switch kind {
		case bench.KindGenerator:
			cases = append(cases, bench.Generator())
		case bench.KindTX:
			each(place.TX)
		case bench.KindRX:
			for _, m := range bench.Methods() {
				if strings.HasPrefix(m.Name, "xsk-") { // what a scan receives by
					cases = append(cases, bench.RX(m))
				}
			}
		case bench.KindScan:
			each(place.Scan)
		}
	}
	return cases, nil
}

// queueCounts are the numbers of queues to send from: by default one, and as many as there are cores and queues.
func (o *benchOptions) queueCounts(cmd *cobra.Command, place *bench.Place) ([]int, error) {
	most, err := place.Queues()
	if err != nil {
		return nil, err
	}
	if len(o.queues) == 0 {
		return slices.Compact([]int{1, max(1, min(most, bench.ThisMachine().Cores))}), nil
	}
	var counts []int
	for _, text := range o.queues {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > most {
			return nil, usagef(cmd, "--queues: %q is not a number from 1 to %d, which is how many there are", text, most)
		}
		counts = append(counts, n)
	}
	slices.Sort(counts)
	return slices.Compact(counts), nil
}

var errBenchInterrupted = errors.New("interrupted: the benchmark has no result, and left nothing behind")

// measureAll runs the cases and prints what they came to. SIGINT and SIGTERM end the run under way; whatever it has made goes
// with it.
func (o *benchRuns) measureAll(cmd *cobra.Command, cases []bench.Case) error {
	ctx, release := signal.NotifyContext(cmd.Context(), unix.SIGINT, unix.SIGTERM)
	defer release()
	show, wipe := benchProgress(cmd.ErrOrStderr(), len(cases))
	results, err := bench.Measure(ctx, bench.Settings{
		Time: time.Duration(o.time), Runs: int(o.runs.n), Progress: show,
	}, cases)
	wipe()
	if err != nil {
		if ctx.Err() != nil && cmd.Context().Err() == nil {
			return errBenchInterrupted
		}
		return err
	}
	out := cmd.OutOrStdout()
	switch {
	case o.json:
		return ignoreClosedPipe(printBenchJSON(out, results))
	case o.markdown:
		return ignoreClosedPipe(printBench(out, results, markdownTable))
	}
	return ignoreClosedPipe(printBench(out, results, textTable))
}
