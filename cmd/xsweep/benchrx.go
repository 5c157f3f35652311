package main

import (
	"github.com/spf13/cobra"

	"github.com/xsweep/xsweep/internal/bench"
)

const benchRXHelp = `Compare ways to receive: how many packets a second one core receives by each of them.

It takes place in the lab, which no packet leaves. One core floods a virtual cable with UDP packets of 64 bytes,
from an XDP program that the kernel runs on live frames: faster than anything receives. At the other end one queue
is polled by a thread of the kernel (threaded NAPI) on another core, where the program that reads runs, too.

offered      what the flood had for the interface
missed       of it, what the interface's ring had no room for
dropped      of the rest, what the kernel dropped because it was not read in time
received     packets that were read, or that the XDP program counted and dropped on purpose

Runs take place in turn. Figures are medians, with the least and the greatest behind them. It needs root, and two
cores.`

type benchRXOptions struct {
	benchRuns
	methods []string
}

func newBenchRX() *cobra.Command {
	o := new(benchRXOptions)
	cmd := &cobra.Command{
		Use:                   "rx [options]",
		Short:                 "compare ways to receive: sockets, XDP, AF_XDP",
		Long:                  benchRXHelp,
		DisableFlagsInUseLine: true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef(cmd, "bench rx takes no arguments, not %q: --methods chooses what it compares", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	var names []string
	for _, m := range bench.Methods() {
		names = append(names, m.Name)
	}
	f.StringSliceVar(&o.methods, "methods", names, "receive by `METHODS`")
	o.add(f)
	return cmd
}

func (o *benchRXOptions) run(cmd *cobra.Command) error {
	if err := o.check(cmd); err != nil {
		return err
	}
	methods, err := chosen(cmd, "--methods", o.methods, bench.Methods(), func(m bench.Method) string { return m.Name })
	if err != nil {
		return err
	}
	var cases []bench.Case
	for _, m := range methods {
		cases = append(cases, bench.RX(m))
	}
	return o.measureAll(cmd, cases)
}
