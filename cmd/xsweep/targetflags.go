package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/xsweep/xsweep/blocklist"
)

// targetOptions are the flags that say what may be probed: those of a scan, of iterate and, but for the ports, of
// blocklist.
type targetOptions struct {
	ports          string
	targetsFile    string
	allowlistFiles []string
	addressFiles   []string
	listOptions
}

// listOptions are the flags that say what must not be probed.
type listOptions struct {
	blocklistFiles []string
	allowSpecial   bool
	ignoreErrors   bool
}

// flags defines the flags; remark is as in listOptions.add.
func (o *targetOptions) flags(remark string) *pflag.FlagSet {
	f := newFlagSet()
	f.StringVarP(&o.ports, "target-ports", "p", "", "probe `PORTS`, such as 80,443,8000-8010; * is all")
	f.StringVar(&o.targetsFile, "targets-file", "",
		"probe the targets in `FILE`, an address and a port per line (ip:port, ip,port or JSON), and nothing else")
	o.allowFlags(f)
	o.add(f, remark)
	return f
}

func (o *targetOptions) allowFlags(f *pflag.FlagSet) {
	f.StringArrayVarP(&o.allowlistFiles, "allowlist-file", "w", nil, "probe the addresses in `FILE`, besides those given")
	f.StringArrayVarP(&o.addressFiles, "list-of-ips-file", "I", nil, "the same, from one more `FILE`: lists of any length are fast")
}

// add defines the flags; remark is what else there is to say of blocklists.
func (o *listOptions) add(f *pflag.FlagSet, remark string) {
	f.StringArrayVarP(&o.blocklistFiles, "blocklist-file", "b", nil,
		"never probe the addresses in `FILE`, one entry per line"+remark)
	f.BoolVar(&o.allowSpecial, "allow-special", false, "probe special-purpose networks (RFC 6890), too")
	f.BoolVar(&o.ignoreErrors, "ignore-blocklist-errors", false, "skip the bad lines of lists, each with a warning")
}

// newLoader reads lists, for all the lists of one command: they share standard input. Host names go to the system's
// resolver.
func newLoader(stdin io.Reader, ignoreErrors bool, log *slog.Logger) *blocklist.Loader {
	l := &blocklist.Loader{Stdin: stdin, Lookup: lookup}
	if ignoreErrors {
		l.Skip = func(bad *blocklist.ParseError) { log.Warn("line skipped", "error", bad) }
	}
	return l
}

func lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	return net.DefaultResolver.LookupNetIP(ctx, "ip4", host)
}

// parsePorts understands --target-ports, which --targets-file replaces.
func (o *targetOptions) parsePorts() ([]uint16, error) {
	switch {
	case o.targetsFile != "" && o.ports != "":
		return nil, errors.New("--targets-file has the ports of its targets: leave out --target-ports (-p)")
	case o.targetsFile != "":
		return nil, nil
	case o.ports == "":
		return nil, errors.New("no ports to probe: give --target-ports (-p), such as -p 80,443")
	}
	ports, err := parsePorts(o.ports)
	if err != nil {
		return nil, fmt.Errorf("--target-ports: %w", err)
	}
	return ports, nil
}

// checkList refuses addresses beside a list of targets, and lists whose name is empty: as that of a list of targets it would
// be all of IPv4.
func (o *targetOptions) checkList(cmd *cobra.Command, args []string) error {
	for _, list := range []struct {
		flag  string
		files []string
	}{{"allowlist-file", o.allowlistFiles}, {"list-of-ips-file", o.addressFiles}, {"blocklist-file", o.blocklistFiles}} {
		if slices.Contains(list.files, "") {
			return usagef(cmd, "%s: the name of the file is empty", spelling(cmd.Flag(list.flag)))
		}
	}
	if o.targetsFile == "" && cmd.Flags().Changed("targets-file") && len(args)+len(o.allowlistFiles)+len(o.addressFiles) == 0 {
		return usagef(cmd, "--targets-file: the name of the file is empty")
	}
	if o.targetsFile != "" && len(args)+len(o.allowlistFiles)+len(o.addressFiles) > 0 {
		return usagef(cmd, "--targets-file has the addresses of its targets: leave out TARGETS, --allowlist-file and "+
			"--list-of-ips-file")
	}
	return nil
}
