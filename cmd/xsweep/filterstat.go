package main

import (
	"fmt"
	"log/slog"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/xsweep/xsweep/blocklist"
)

// printStat prints what is asked for, what each list has and takes away of what the ones above it have left, and what is
// left in the end.
func (o *filterOptions) printStat(cmd *cobra.Command, log *slog.Logger) error {
	loader := newLoader(cmd.InOrStdin(), o.ignoreErrors, log)
	t := new(targetSet)
	if err := t.ask(cmd, &o.targetOptions, nil, loader); err != nil {
		return err
	}
	out := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(out, "addresses\tranges\ttaken away\tleft\t  list")
	row := func(s *blocklist.Set, taken string, name string) {
		fmt.Fprintf(out, "%d\t%d\t%s\t%d\t  %s\n", s.Len(), s.NumRanges(), taken, t.addrs.Len(), name)
	}
	row(t.addrs, "", o.askedName())
	take := func(s *blocklist.Set, name string) {
		before := t.addrs.Len()
		t.takeAway(s)
		row(s, fmt.Sprint(before-t.addrs.Len()), name)
	}
	if !o.allowSpecial {
		take(blocklist.SpecialSet(), "special-purpose networks")
	}
	for _, path := range o.blocklistFiles {
		s, err := readBlocklist(cmd.Context(), loader, path, log)
		if err != nil {
			return err
		}
		take(s, path)
	}
	row(t.addrs, "", "left")
	return ignoreClosedPipe(out.Flush())
}

func (o *filterOptions) askedName() string {
	files := append(o.allowlistFiles, o.addressFiles...)
	switch len(files) {
	case 0:
		return "all of IPv4"
	case 1:
		return files[0]
	}
	return fmt.Sprintf("%d lists", len(files))
}
