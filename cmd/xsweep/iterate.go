package main

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/xsweep/xsweep/scan"
)

const iterateHelp = `Print targets in the order in which a scan probes them.

It is what ziterate is to ZMap: an address a line or, with --target-ports, "address,port", which --targets-file reads.
The same seed, targets, ports and blocklists give the same order here and in a scan. Nothing is sent.`

// iterateOptions are the flags of iterate.
type iterateOptions struct {
	targetOptions
	orderOptions
	logOptions
}

func newIterate() *cobra.Command {
	o := new(iterateOptions)
	cmd := &cobra.Command{
		Use:   "iterate [options] [TARGETS]",
		Short: "print targets in the order of a scan",
		Long:  iterateHelp,
		Example: `  xsweep iterate --allow-special -n 3 -e 5 198.18.0.0/15
  xsweep iterate --allow-special -p 80,443 --shards 4 --shard 0 -e 5 198.18.0.0/15`,
		DisableFlagsInUseLine: true,
		RunE:                  func(cmd *cobra.Command, args []string) error { return o.run(cmd, args) },
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().AddFlagSet(o.targetOptions.flags(""))
	cmd.Flags().AddFlagSet(o.orderOptions.flags())
	cmd.Flags().AddFlagSet(o.logOptions.flags())
	return cmd
}

func (o *iterateOptions) run(cmd *cobra.Command, args []string) (err error) {
	logs, log, err := o.begin(cmd)
	if err != nil {
		return err
	}
	defer func() { logs.close(err) }()
	ports, withPorts, err := o.iteratePorts()
	if err != nil {
		return usagef(cmd, "%w", err)
	}
	cfg := scan.Config{Sources: []uint32{0}} // the order does not depend on who we are
	if err := o.configure(cmd, &cfg); err != nil {
		return err
	}
	targets, err := readTargets(cmd, &o.targetOptions, args, log, nil)
	if err != nil {
		return err
	}
	targets.configure(&cfg, ports)
	if err := o.limit(&cfg); err != nil {
		return err
	}
	run, err := scan.NewDryRun(cfg)
	if err != nil {
		return err
	}
	nameShard(log, run, &cfg)
	return ignoreClosedPipe(printTargets(cmd.OutOrStdout(), run, withPorts))
}

// iteratePorts is parsePorts for a command that can do without: then there is one that is not shown.
func (o *iterateOptions) iteratePorts() (ports []uint16, show bool, err error) {
	if o.ports == "" && o.targetsFile == "" {
		return []uint16{0}, false, nil
	}
	ports, err = o.parsePorts()
	return ports, true, err
}

// longestRow is "255.255.255.255,65535\n".
const longestRow = 22

// printTargets writes a target a line.
func printTargets(w io.Writer, run *scan.DryRun, withPorts bool) error {
	buf := make([]byte, 0, 1<<16)
	for batch := range run.Probes() {
		for i := range batch {
			buf = appendAddr(buf, batch[i].Dst)
			if withPorts {
				buf = append(buf, ',')
				buf = appendNumber(buf, uint32(batch[i].DstPort))
			}
			buf = append(buf, '\n')
		}
		if cap(buf)-len(buf) < longestRow*len(batch) {
			if _, err := w.Write(buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
	}
	_, err := w.Write(buf)
	return err
}
