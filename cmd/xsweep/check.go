package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/xsweep/xsweep/internal/preflight"
)

const checkHelp = `Look at this machine and an interface before a scan: kernel, privileges, limits, driver, queues, route and gateway.

Each line is ok, a warning, fatal or unknown, and below it is the command that mends it. Nothing is sent, attached or
changed, and no root is needed: what only root sees is unknown then. docs/check.md explains each line.

The interface is that of the route to TARGETS, without any to all of IPv4; --interface (-i) names another one.

The exit status is 0 if a scan will work, 1 if something is fatal or TARGETS cannot be looked up, and 2 if the command
line is wrong.`

// errNotReady says that something is fatal, which the report names.
var errNotReady = errors.New("not ready")

// checkOptions are the flags of check.
type checkOptions struct {
	iface string
	json  bool
}

func newCheck() *cobra.Command {
	o := new(checkOptions)
	cmd := &cobra.Command{
		Use:   "check [options] [TARGETS]",
		Short: "look at machine, interface and route before a scan",
		Long:  checkHelp,
		Example: `  xsweep check
  xsweep check -i eth1 203.0.113.0/24`,
		Args:                  cobra.ArbitraryArgs,
		DisableFlagsInUseLine: true,
		RunE:                  func(cmd *cobra.Command, args []string) error { return o.run(cmd, args) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&o.iface, "interface", "i", "", "look at interface `NAME` (default that of the route)")
	f.BoolVar(&o.json, "json", false, "print a JSON object (keys: docs/check.md)")
	return cmd
}

func (o *checkOptions) run(cmd *cobra.Command, args []string) error {
	// Targets that are named are looked up whatever they are: nothing is sent to them.
	targets, err := readTargets(cmd, &targetOptions{listOptions: listOptions{allowSpecial: len(args) > 0}}, args,
		slog.New(slog.DiscardHandler), nil)
	if err != nil {
		return err
	}
	report := preflight.Check(preflight.Look(cmd.Context(), preflight.Request{
		Interface: o.iface, Targets: targets.sample(sampleSize),
	}))
	if o.json {
		enc := json.NewEncoder(cmd.OutOrStdout())
		enc.SetEscapeHTML(false)
		err = enc.Encode(report)
	} else {
		err = printReport(cmd.OutOrStdout(), &report)
	}
	if err == nil && !report.Ready {
		return errNotReady
	}
	return ignoreClosedPipe(err)
}

// printReport prints a line for each finding, its fix below it, and what they come to.
func printReport(w io.Writer, r *preflight.Report) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range r.Findings {
		fmt.Fprintf(table, "%s\t%s\t%s\n", f.Status, f.Name, f.Text)
		if f.Fix != "" {
			fmt.Fprintf(table, "\t\t  $ %s\n", f.Fix)
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, summary(r))
	return err
}

// summary is the last line.
func summary(r *preflight.Report) string {
	on := ""
	if r.Interface != "" {
		on = " on " + r.Interface
	}
	if !r.Ready {
		return fmt.Sprintf("not ready%s: %s", on, strings.Join(r.Named(preflight.Fatal), ", "))
	}
	text := fmt.Sprintf("ready%s: engine %s expected at full rate", on, r.Engine)
	if names := r.Named(preflight.Warning); len(names) > 0 {
		text += "; warnings: " + strings.Join(names, ", ")
	}
	return text
}
