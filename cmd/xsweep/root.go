package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

const longHelp = `xsweep finds open TCP ports. It sends one SYN to every target, an address and a port, in an order that looks
random, and records who answers, over AF_XDP.

TARGETS are addresses, networks, ranges or host names: 198.18.7.1, 198.18.0.0/15, 198.18.0.1-198.18.0.9. Without any, and
without an allowlist file, the target is all of IPv4. Special-purpose networks are left out unless --allow-special is
given.

Scan only networks that you may scan, slowly at first, and honour requests to be left out (--blocklist-file).`

const examples = `  See what would be sent (needs no root, sends nothing):
    xsweep -p 80,443 --allow-special --dryrun -n 3 198.18.0.0/15

  A simulated Internet on this machine, scanned at 300,000 packets per second:
    xsweep demo

  A network of your own:
    xsweep -p 22,80,443 -r 50k -o results.csv 203.0.113.0/24

  The same, to be gone on with after whatever ends it:
    xsweep -p 22,80,443 -r 50k -o results.csv --checkpoint scan.ckpt 203.0.113.0/24
    xsweep resume scan.ckpt`

func newRoot() *cobra.Command { return newCommand(new(options)) }

// newCommand fills o in when it runs.
func newCommand(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:                   "xsweep -p PORTS [options] [TARGETS]",
		Short:                 "find open TCP ports, over AF_XDP",
		Long:                  longHelp,
		Example:               examples,
		Args:                  cobra.ArbitraryArgs,
		DisableFlagsInUseLine: true,
		SilenceErrors:         true,
		SilenceUsage:          true,
		Version:               version(),
		RunE:                  o.run,
	}
	cmd.CompletionOptions.HiddenDefaultCmd = true
	cmd.SetVersionTemplate("{{.Version}}\n")
	o.register(cmd)
	cmd.SetFlagErrorFunc(flagError)
	usage := cmd.UsageFunc() // of subcommands
	help := cmd.HelpFunc()
	cmd.SetHelpFunc(func(c *cobra.Command, args []string) {
		if c != cmd {
			help(c, args)
			return
		}
		printHelp(c.OutOrStdout(), c, o.groups)
	})
	cmd.SetUsageFunc(func(c *cobra.Command) error {
		if c != cmd {
			return usage(c)
		}
		printHelp(c.OutOrStderr(), c, o.groups)
		return nil
	})
	cmd.SetHelpCommand(newHelp())
	cmd.AddCommand(newCheck(), newDemo(), newBench(), newIterate(), newFilter(), newResume(), newZMapHelp())
	refuseShells(cmd)
	return cmd
}

// refuseShells has 'xsweep completion' refuse what is no shell, and more than one: for cobra that is help, or an error like
// that of a scan.
func refuseShells(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	refuse := func(cmd *cobra.Command, _ []string) error {
		return usagef(cmd.Root(), "completion takes the name of one shell: bash, fish, powershell or zsh")
	}
	for _, c := range root.Commands() {
		if c.Name() != "completion" {
			continue
		}
		c.Args, c.RunE = cobra.ArbitraryArgs, refuse
		for _, shell := range c.Commands() {
			shell.Args = func(cmd *cobra.Command, args []string) error {
				if len(args) > 0 {
					return refuse(cmd, args)
				}
				return nil
			}
		}
	}
}

// printHelp lists the flags by purpose, each with its default, and ends with examples.
func printHelp(w io.Writer, cmd *cobra.Command, groups []flagGroup) {
	fmt.Fprintf(w, "%s\n\nUsage:\n  %s\n", cmd.Long, cmd.UseLine())
	fmt.Fprintln(w, "\nOther commands, each with --help:")
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			fmt.Fprintf(w, "  xsweep %-12s %s\n", c.Name(), c.Short)
		}
	}
	fmt.Fprintln(w, "  xsweep help zmap    where xsweep differs from ZMap")
	for _, g := range groups {
		fmt.Fprintf(w, "\n%s:\n%s\n", g.title, strings.TrimRight(g.flags.FlagUsagesWrapped(100), "\n"))
	}
	fmt.Fprintf(w, "\nExamples:\n%s\n", cmd.Example)
}
