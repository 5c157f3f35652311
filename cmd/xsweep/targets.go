package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime/debug"
	"slices"

	"github.com/spf13/cobra"

	"github.com/xsweep/xsweep/blocklist"
	"github.com/xsweep/xsweep/scan"
)

// largeScan is the number of addresses above which a scan wants a blocklist: a /8.
const largeScan = 1 << 24

// These are refusals that a hint explains.
var (
	errNoTargets = errors.New("no targets left")
	errSpecial   = errors.New("no targets left") // because they are special-purpose
	errUnlisted  = errors.New("more than a /8 and no blocklist file")
)

// targetSet is what may be probed, and how it came about.
type targetSet struct {
	addrs   *blocklist.Set   // with every port
	list    *blocklist.Pairs // or targets one by one
	blocked *blocklist.Set   // what blocklist files cover
	wanted  []netip.Prefix   // what was asked for, unless it is all of IPv4, a list, or more than the metadata tell

	asked    uint64 // addresses, or listed targets, asked for
	special  uint64 // of them, left out as special-purpose
	listed   uint64 // of the rest, left out by blocklist files
	hasBlock bool

	fromFiles uint64 // addresses in the files of --list-of-ips-file
}

// readTargets joins what is asked for and takes away what is not to be probed.
func readTargets(cmd *cobra.Command, o *targetOptions, args []string, log *slog.Logger, same *sameness) (*targetSet, error) {
	if err := o.checkList(cmd, args); err != nil {
		return nil, err
	}
	ctx, loader := cmd.Context(), newLoader(cmd.InOrStdin(), o.ignoreErrors, log)
	t := &targetSet{hasBlock: len(o.blocklistFiles) > 0}
	if err := t.ask(cmd, o, args, loader); err != nil {
		return nil, err
	}
	if err := same.asked(t); err != nil {
		return nil, err
	}
	t.asked = t.size()
	name, first := t.name(), t.sample(1)[0] // and not the set itself, which may be large
	if !o.allowSpecial {
		t.takeAway(blocklist.SpecialSet())
		t.special = t.asked - t.size()
	}
	var err error
	if t.blocked, err = readBlocklists(ctx, loader, o.blocklistFiles, log); err != nil {
		return nil, err
	}
	if t.blocked, err = same.blocked(t.blocked); err != nil {
		return nil, err
	}
	t.takeAway(t.blocked)
	t.listed = t.asked - t.special - t.size()
	if t.size() == 0 {
		return nil, t.explainEmpty(name, first)
	}
	return t, nil
}

// ask reads what is asked for.
func (t *targetSet) ask(cmd *cobra.Command, o *targetOptions, args []string, loader *blocklist.Loader) (err error) {
	ctx := cmd.Context()
	if o.targetsFile != "" {
		if t.list, err = loader.Pairs(ctx, o.targetsFile); err == nil && t.list.Len() == 0 {
			err = emptyList(o.targetsFile)
		}
		return err
	}
	if len(args)+len(o.allowlistFiles)+len(o.addressFiles) == 0 {
		t.addrs = blocklist.All()
		return nil
	}
	if t.addrs, err = readArguments(cmd, loader, args); err != nil {
		return err
	}
	for i, path := range slices.Concat(o.allowlistFiles, o.addressFiles) {
		more, err := loader.Set(ctx, path)
		if err != nil {
			return err
		}
		if more.Len() == 0 {
			return emptyList(path)
		}
		if i >= len(o.allowlistFiles) {
			t.fromFiles += more.Len()
		}
		t.addrs = join(t.addrs, more)
	}
	t.wanted = networks(t.addrs)
	return nil
}

// emptyList calls standard input as errors of its lines do.
func emptyList(path string) error {
	if path == "-" {
		path = "stdin"
	}
	return fmt.Errorf("%s: %w", path, blocklist.ErrEmpty)
}

// readArguments reads the targets of the command line.
func readArguments(cmd *cobra.Command, loader *blocklist.Loader, args []string) (*blocklist.Set, error) {
	var ranges []blocklist.Range
	for _, arg := range args {
		r, err := loader.Entry(cmd.Context(), arg)
		switch {
		case errors.Is(err, blocklist.ErrUnresolved): // the command line is right, and may work later
			return nil, fmt.Errorf("target %w", err)
		case err != nil:
			return nil, usagef(cmd, "target %w", err)
		}
		ranges = append(ranges, r...)
	}
	return blocklist.New(ranges...), nil
}

// readBlocklists joins lists of what must not be probed; none is an empty set.
func readBlocklists(ctx context.Context, loader *blocklist.Loader, paths []string, log *slog.Logger) (*blocklist.Set, error) {
	all := new(blocklist.Set)
	for _, path := range paths {
		set, err := readBlocklist(ctx, loader, path, log)
		if err != nil {
			return nil, err
		}
		all = join(all, set)
	}
	return all, nil
}

// readBlocklist passes over IPv6 lines, as ZMap does, and says so once: what they name is not probed anyway.
func readBlocklist(ctx context.Context, loader *blocklist.Loader, path string, log *slog.Logger) (*blocklist.Set, error) {
	var first *blocklist.ParseError
	count := 0
	loader.SkipIPv6 = func(bad *blocklist.ParseError) {
		if count++; first == nil {
			first = bad
		}
	}
	defer func() { loader.SkipIPv6 = nil }()
	set, err := loader.Set(ctx, path)
	if count > 0 && err == nil {
		log.Warn("IPv6 lines of the blocklist passed over: xsweep probes no IPv6", "count", count, "first", first)
	}
	return set, err
}

// join is the union of two sets, of which the second has just been read.
func join(all, read *blocklist.Set) *blocklist.Set {
	tidy(read)
	if all.Len() == 0 {
		return read
	}
	all = all.Union(read)
	tidy(all)
	return all
}

// tidy follows each step that makes a set. Such a step leaves as much memory behind as a set takes: with millions of
// entries it is worth having that back before the next step takes as much again.
func tidy(made *blocklist.Set) {
	const long = 1 << 17 // ranges that take a megabyte
	if made.NumRanges() > long {
		debug.FreeOSMemory()
	}
}

// size is the number of addresses, or of targets where they are listed one by one.
func (t *targetSet) size() uint64 {
	if t.list != nil {
		return t.list.Len()
	}
	return t.addrs.Len()
}

func (t *targetSet) takeAway(out *blocklist.Set) {
	switch {
	case out.Len() == 0:
	case t.list != nil:
		t.list = t.list.Minus(out)
	default:
		t.addrs = t.addrs.Minus(out)
		tidy(t.addrs)
	}
}

// configure fills the targets into the configuration of a scan.
func (t *targetSet) configure(cfg *scan.Config, ports []uint16) {
	cfg.Targets, cfg.List, cfg.Ports = t.addrs, t.list, ports
}

// addresses are those that may be probed, on whatever port.
func (t *targetSet) addresses() *blocklist.Set {
	if t.list != nil {
		return t.list.Addrs()
	}
	return t.addrs
}

// sample is some of the addresses, for looking at where they lead.
func (t *targetSet) sample(n uint64) []uint32 {
	if t.list == nil {
		return sample(t.addrs, n)
	}
	n = min(n, t.list.Len())
	addrs := make([]uint32, n)
	for i := range addrs {
		addrs[i], _ = t.list.At(t.list.Len() / n * uint64(i))
	}
	return addrs
}

// unit is what size counts.
func (t *targetSet) unit() string {
	if t.list != nil {
		return "targets"
	}
	return "addresses"
}

// explainEmpty says what took the last target away, of those that went by name and of which first was the first address.
func (t *targetSet) explainEmpty(name string, first uint32) error {
	if t.special == 0 {
		return fmt.Errorf("%w: the blocklist covers all %d %s", errNoTargets, t.asked, t.unit())
	}
	entry, ok := blocklist.SpecialFor(first)
	if !ok || t.listed > 0 {
		return fmt.Errorf("%w: of %d %s %d are special-purpose and the blocklist covers the rest",
			errSpecial, t.asked, t.unit(), t.special)
	}
	return fmt.Errorf("%w: %s is special-purpose (%s, %s)", errSpecial, name, entry.Name, entry.RFC)
}

// name is the text of a set that is one range, else the number of what is in it.
func (t *targetSet) name() string {
	if s := t.addrs; s != nil && s.NumRanges() == 1 {
		return blocklist.Range{First: s.At(0), Last: s.At(s.Len() - 1)}.String()
	}
	return fmt.Sprintf("each of the %d %s", t.size(), t.unit())
}

// permit refuses a real scan of much of the Internet that no opt-out list has been considered for.
func (t *targetSet) permit(noBlocklist bool) error {
	if t.hasBlock || noBlocklist || t.size() <= largeScan {
		return nil
	}
	if n := t.addresses().Len(); n > largeScan {
		return fmt.Errorf("%d addresses are %w", n, errUnlisted)
	}
	return nil
}

func (t *targetSet) log(log *slog.Logger) {
	if t.special > 0 {
		log.Info("left out special-purpose networks", t.unit(), t.special)
	}
	if t.hasBlock {
		log.Info("left out what the blocklist covers", t.unit(), t.listed)
	}
}

// sample returns up to n addresses, spread evenly.
func sample(s *blocklist.Set, n uint64) []uint32 {
	n = min(n, s.Len())
	list := make([]uint32, 0, n)
	for i := range n {
		list = append(list, s.At(s.Len()/n*i))
	}
	return list
}
