package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/blocklist"
	"github.com/xsweep/xsweep/internal/lab"
)

// The demo's world: how its targets answer. The rest is silent.
const (
	demoOpen        = 0.01
	demoClosed      = 0.05
	demoUnreachable = 0.01
	demoKey         = 2544                        // RFC 2544, where the network comes from
	demoTargets     = "198.18.0.3-198.19.255.255" // the first two are the hosts of the lab themselves
	demoPorts       = "22,25,53,80,110,143,443,445,587,993,995,1433,3306,3389,5432,8080"
)

const demoHelp = `Scan a simulated Internet on this machine.

The demo makes two network namespaces joined by a virtual cable: a scanner, and a world that answers for all of
198.18.0.0/15 by an XDP program of its own. No packet leaves the machine, and nothing is left behind. It then runs
xsweep in the scanner's namespace, as you would, and compares the results with the truth. It needs root.`

// demoOptions are the demo's flags.
type demoOptions struct {
	rate rateValue
	keep string
}

func newDemo() *cobra.Command {
	d := &demoOptions{rate: 300_000}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "scan a simulated Internet on this machine",
		Long:  demoHelp,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef(cmd, "demo takes no arguments, not %q: its targets are its own", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return d.run(cmd) },
	}
	cmd.Flags().VarP(&d.rate, "rate", "r", "probes per second; 0 is no limit")
	cmd.Flags().StringVarP(&d.keep, "output-file", "o", "", "keep the results in `FILE` (default: they are deleted)")
	return cmd
}

func (d *demoOptions) run(cmd *cobra.Command) (err error) {
	out := cmd.OutOrStdout()
	ports, err := parsePorts(demoPorts)
	if err != nil {
		return err
	}
	l, err := lab.NewContext(cmd.Context(), lab.Config{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	world, err := l.Simulate(lab.SimConfig{
		Key: demoKey, Open: demoOpen, Closed: demoClosed, ICMP: demoUnreachable,
	})
	if err != nil {
		return err
	}
	results, cleanUp, err := d.resultFile()
	if err != nil {
		return err
	}
	defer cleanUp()

	fmt.Fprintf(out, "A simulated Internet: %v, %d ports, %.0f %% open, %.0f %% closed, %.0f %% unreachable, the rest silent.\n\n",
		lab.Network(), len(ports), 100*demoOpen, 100*demoClosed, 100*demoUnreachable)
	if err := d.scan(cmd, l.Scanner, results); err != nil {
		return fmt.Errorf("the scan in the demo: %w", err)
	}
	return compare(out, world, ports, results)
}

// resultFile is where the scan writes to, and what to do with it in the end.
func (d *demoOptions) resultFile() (path string, cleanUp func(), err error) {
	if d.keep != "" {
		return d.keep, func() {}, nil
	}
	dir, err := os.MkdirTemp("", "xsweep-demo-")
	if err != nil {
		return "", nil, err
	}
	return filepath.Join(dir, "results.csv"), func() { os.RemoveAll(dir) }, nil
}

// scan runs xsweep itself in the scanner's namespace. Ctrl-C reaches it, too, and it ends in good order: the demo waits.
func (d *demoOptions) scan(cmd *cobra.Command, scanner *lab.Host, results string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	// Naming the interface, which only the lab has, makes sure that nothing can be sent anywhere else.
	args := []string{"-i", scanner.Interface(), "--allow-special", "-p", demoPorts, "-r", d.rate.String(), "-c", "2", "-o", results,
		demoTargets}
	fmt.Fprintf(cmd.OutOrStdout(), "# xsweep %s\n", strings.Join(args, " "))
	child := exec.Command(self, args...)
	child.Env = append(withoutOptions(os.Environ()), variableName("config")+"="+os.DevNull) // the options above and no others
	child.Stdout, child.Stderr = cmd.OutOrStdout(), cmd.ErrOrStderr()
	_, release := signal.NotifyContext(context.Background(), unix.SIGINT, unix.SIGTERM)
	defer release()
	return scanner.Run(child)
}

// tally is what a result file holds, held against the truth.
type tally struct {
	*lab.Judge
	rows  int
	first []string
}

// compare prints what the scan found beside what is there. It fails where they differ in a way that they must not:
// a row that is not true, or one that is there twice.
func compare(out io.Writer, world *lab.Simulation, ports []uint16, results string) error {
	seen, err := world.Counters()
	if err != nil {
		return err
	}
	targets, err := blocklist.Parse(demoTargets)
	if err != nil {
		return err
	}
	truth := world.CountOpen(targets.First, targets.Last, ports)
	t, err := readResults(results, world)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\nFirst rows of the results:\n  saddr,sport\n")
	for _, row := range t.first {
		fmt.Fprintf(out, "  %s\n", row)
	}
	fmt.Fprintf(out, `
probes     %9d  counted where they arrived, %d with a bad checksum
pps        %9.0f  likewise
hits       %9d
truth      %9d  open
recall     %9.4f%%
false      %9d  reported and not open
duplicates %9d
closed     %9d  connections that were accepted and then reset, as they should be
`, seen.SYNs, seen.BadIPChecksum+seen.BadTCPChecksum, seen.RatePPS(), t.rows, truth,
		100*float64(t.Right)/float64(truth), t.Wrong, t.Twice, seen.RSTsGood)
	if t.Wrong > 0 || t.Twice > 0 {
		return fmt.Errorf("%d rows are not true and %d are there twice", t.Wrong, t.Twice)
	}
	return nil
}

// readResults reads rows of address and port.
func readResults(path string, world *lab.Simulation) (tally, error) {
	t := tally{Judge: lab.NewJudge(world.Truth)}
	data, err := os.ReadFile(path)
	if err != nil {
		return t, err
	}
	for row := range strings.Lines(string(data)) {
		row = strings.TrimSuffix(row, "\n")
		target, err := netip.ParseAddrPort(strings.Replace(row, ",", ":", 1))
		if err != nil {
			return t, fmt.Errorf("%s: %q is not a row: %w", path, row, err)
		}
		t.rows++
		if len(t.first) < 5 {
			t.first = append(t.first, row)
		}
		addr, _ := blocklist.FromAddr(target.Addr())
		t.Row(addr, target.Port())
	}
	return t, nil
}
