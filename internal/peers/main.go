package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"slices"

	"golang.org/x/sys/unix"
)

const help = `Measures xsweep beside ZMap and masscan in the lab. It needs root; no packet leaves the machine.

  peers measure [options]   scan simulated worlds, and write what came of it to a file of records
  peers report [options]    write the tables of the documentation and the plot from such files

Each with -h for its options.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), unix.SIGINT, unix.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:])
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) > 0 {
		switch args[0] {
		case "measure":
			return measure(ctx, args[1:])
		case "report":
			return report(args[1:])
		}
	}
	fmt.Fprint(os.Stderr, help)
	return errors.New("say measure or report")
}

// measure is the subcommand.
func measure(ctx context.Context, args []string) (err error) {
	flags := flag.NewFlagSet("peers measure", flag.ContinueOnError)
	tests := flags.String("test", "drop,answer", "`TESTS` to run, of drop, answer and recall")
	only := flags.String("only", "", "measure only contenders whose name matches `REGEXP`, such as 'zmap|xsk'")
	rates := flags.String("rates", "", "ask for these rates only, a comma list of `PPS`; 0 is as fast as it goes")
	runs := flags.Int("runs", 5, "measure each `N` times")
	out := flags.String("o", "", "put the records in `FILE`, in place of those of the same test, contender and rate")
	xsweep := flags.String("xsweep", "bin/xsweep", "xsweep's `BINARY`")
	zmap := flags.String("zmap", "zmap", "ZMap's `BINARY`, of any version from 2 to 4")
	masscan := flags.String("masscan", "masscan", "masscan's `BINARY`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosen, err := choose(*tests)
	if err != nil {
		return err
	}
	if err := limitRates(chosen, *rates); err != nil {
		return err
	}
	contenders, err := matching(*only, slices.Concat(xsweeps(*xsweep), zmaps(*zmap), masscans(*masscan)))
	if err != nil {
		return err
	}
	b, err := newBench(ctx, os.Stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	for _, e := range chosen {
		records, err := b.run(ctx, e, contenders, *runs)
		if *out != "" {
			err = errors.Join(err, saveRecords(*out, records))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// matching leaves the contenders whose names match a regular expression.
func matching(pattern string, all []contender) ([]contender, error) {
	expr, err := regexp.Compile(pattern)
	if err != nil {
		return nil, err
	}
	left := slices.DeleteFunc(all, func(c contender) bool { return !expr.MatchString(c.name) })
	if len(left) == 0 {
		return nil, fmt.Errorf("no contender matches %q", pattern)
	}
	return left, nil
}

// limitRates leaves of each experiment the rates of a comma list; an empty one leaves all.
func limitRates(experiments []experiment, list string) error {
	if list == "" {
		return nil
	}
	rates, err := parseInts(list)
	if err != nil {
		return fmt.Errorf("rates %q: %w", list, err)
	}
	for i := range experiments {
		experiments[i].rates = rates
	}
	return nil
}
