package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/xsweep/xsweep/blocklist"
)

const filterHelp = `Filter addresses on standard input: print the lines whose address a scan would probe, each address once.

It is what zblocklist is to ZMap. What --blocklist-file names is left out, and so are special-purpose networks unless
--allow-special is given; with --allowlist-file or --list-of-ips-file, what is not in them is, too. A line is kept as it
is: an address, or an address and a port ("ip:port", "ip,port"), with anything behind it.

With --stat nothing is read: it prints what each list takes away, and what is left.`

// filterOptions are the flags of the command blocklist.
type filterOptions struct {
	targetOptions     // without ports and list of targets
	stat              bool
	keepDuplicates    bool
	ignoreInputErrors bool
	logOptions
}

func newFilter() *cobra.Command {
	o := new(filterOptions)
	cmd := &cobra.Command{
		Use:   "blocklist [options]",
		Short: "filter addresses by lists, or count what lists leave",
		Long:  filterHelp,
		Example: `  xsweep blocklist -b exclude.txt < addresses.txt
  xsweep blocklist -b exclude.txt --stat`,
		DisableFlagsInUseLine: true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef(cmd, "blocklist reads addresses from standard input, not %q from the command line", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	o.allowFlags(f)
	o.add(f, "")
	f.BoolVar(&o.stat, "stat", false, "print how many addresses each list takes away, and how many are left")
	f.BoolVar(&o.keepDuplicates, "no-duplicate-checking", false, "print a line as often as it comes")
	f.BoolVar(&o.ignoreInputErrors, "ignore-input-errors", false, "skip input lines that do not begin with an address")
	f.AddFlagSet(o.logOptions.flags())
	return cmd
}

func (o *filterOptions) run(cmd *cobra.Command) (err error) {
	logs, log, err := o.begin(cmd)
	if err != nil {
		return err
	}
	defer func() { logs.close(err) }()
	if err := o.checkList(cmd, nil); err != nil {
		return err
	}
	if o.stat {
		return o.printStat(cmd, log)
	}
	if slices.Contains(slices.Concat(o.allowlistFiles, o.addressFiles, o.blocklistFiles), "-") {
		return usagef(cmd, "standard input has the addresses: no list can be read from there, but with --stat")
	}
	targets, err := readTargets(cmd, &o.targetOptions, nil, log, nil)
	if err != nil {
		return err
	}
	f := lineFilter{allowed: targets.addrs, ignoreErrors: o.ignoreInputErrors, special: new(blocklist.Set)}
	if !o.allowSpecial {
		f.special = blocklist.SpecialSet()
	}
	if !o.keepDuplicates {
		f.seen = make(map[uint64]struct{})
	}
	out := bufio.NewWriterSize(cmd.OutOrStdout(), 1<<16)
	err = f.run(cmd.InOrStdin(), out)
	if flushed := out.Flush(); err == nil {
		err = flushed
	}
	log.Debug("lines", "kept", f.kept, "left out", f.blocked, "repeated", f.repeated)
	if f.reserved > 0 {
		log.Info("lines left out as special-purpose: --allow-special keeps them", "count", f.reserved)
	}
	if f.bad > 0 {
		log.Warn("input lines skipped that do not begin with an address", "count", f.bad)
	}
	return ignoreClosedPipe(err)
}

// lineFilter prints the lines whose address is allowed.
type lineFilter struct {
	allowed      *blocklist.Set
	special      *blocklist.Set      // why some of the others are not
	seen         map[uint64]struct{} // address and rest of the key; nil: repetitions are kept
	ignoreErrors bool

	kept, blocked, reserved, repeated, bad int
}

// longestLine is far more than an address with a remark.
const longestLine = 1 << 16

func (f *lineFilter) run(in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, longestLine), longestLine)
	number := 0
	for lines.Scan() {
		line := bytes.TrimRight(lines.Bytes(), "\r")
		if number++; number == 1 {
			line = bytes.TrimPrefix(line, []byte("\ufeff")) // a byte order mark, as lists may have
		}
		if err := f.line(line, number, out); err != nil {
			return err
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return fmt.Errorf("standard input:%d: line is longer than %d bytes; want an address a line", number+1, longestLine)
	}
	return lines.Err()
}

func (f *lineFilter) line(line []byte, number int, out io.Writer) error {
	text, _, _ := bytes.Cut(line, []byte("#"))
	if len(bytes.TrimSpace(text)) == 0 {
		return nil
	}
	addr, port, err := parseLine(text)
	if err != nil {
		if f.bad++; f.ignoreErrors {
			return nil
		}
		f.bad = 0 // it is the error, and not skipped
		return &blocklist.ParseError{Name: "standard input", Line: number, Text: string(line), Err: err}
	}
	if !f.allowed.Contains(addr) {
		f.blocked++
		if f.special.Contains(addr) {
			f.reserved++
		}
		return nil
	}
	if f.seen != nil {
		key := uint64(port)<<32 | uint64(addr)
		if _, found := f.seen[key]; found {
			f.repeated++
			return nil
		}
		f.seen[key] = struct{}{}
	}
	f.kept++
	_, err = out.Write(append(line, '\n'))
	return err
}

// noPort is the key of a line without a port.
const noPort = 1 << 16

// parseLine reads an address, and the port behind it if there is one.
func parseLine(text []byte) (addr uint32, port int, err error) {
	text = bytes.TrimLeft(text, " \t")
	end := bytes.IndexAny(text, " \t,:;")
	if end < 0 {
		end = len(text)
	}
	r, err := blocklist.Parse(string(text[:end]))
	if err != nil {
		return 0, 0, errors.Unwrap(err)
	}
	if r.Len() != 1 {
		return 0, 0, errors.New("want one address")
	}
	return r.First, portBehind(text[end:]), nil
}

// portBehind is the number after the separator, or noPort.
func portBehind(text []byte) int {
	if len(text) == 0 || text[0] != ':' && text[0] != ',' {
		return noPort
	}
	digits := text[1:]
	if end := bytes.IndexAny(digits, " \t,;"); end >= 0 {
		digits = digits[:end]
	}
	port, err := parsePort(string(digits))
	if err != nil {
		return noPort
	}
	return int(port)
}
