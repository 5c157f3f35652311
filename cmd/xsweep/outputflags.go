package main

import (
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/xsweep/xsweep/internal/freemem"
	"github.com/xsweep/xsweep/output"
	"github.com/xsweep/xsweep/scan"
)

// outputOptions are the flags that say what is written, where and how.
type outputOptions struct {
	files       []string
	format      string
	fields      string
	filter      string
	noHeader    bool // never a line of field names
	dedup       string
	dedupMemory sizeValue
	dedupWindow int
	patience    secondsValue
	metadata    string
	status      string
}

func (o *outputOptions) flags() *pflag.FlagSet {
	f := newFlagSet()
	f.StringArrayVarP(&o.files, "output-file", "o", nil,
		"write results to `FILE`, several times for several files; - is standard output (default -)")
	f.StringVarP(&o.format, "output-module", "O", "",
		"write results in `FORMAT` csv, json (one object a line) or parquet (default by the name of the file, else csv)")
	f.StringVarP(&o.fields, "output-fields", "f", "",
		"write `FIELDS`, a comma list or * (default saddr, and sport with several ports)")
	f.BoolVar(&o.noHeader, "no-header-row", false, "begin CSV with the first row, not with the names of the fields")
	f.StringVar(&o.filter, "output-filter", "",
		"write the answers for which `EXPR` is true, such as 'success = 1 && repeat = 0'; \"\" is all of them")
	f.StringVar(&o.dedup, "dedup-method", "default",
		"tell repeats by `METHOD`: full remembers all answers, window the last ones, none no answer; default is full")
	o.patience = secondsValue(time.Minute)
	f.Var(&o.patience, "output-patience",
		"wait so long for room on a full disk, without sending, before the scan fails; 0 is not at all")
	f.Var(&o.dedupMemory, "dedup-memory",
		"full may take so many bytes, such as 512M or 4G, and then becomes a window; a window is no larger (default half of what is available)")
	f.IntVar(&o.dedupWindow, "dedup-window-size", scan.DefaultDedupWindow, "the window is `N` answers")
	f.StringVarP(&o.metadata, "metadata-file", "m", "", "write what is known about the scan to `FILE` at its end, as JSON")
	f.StringVarP(&o.status, "status-updates-file", "u", "", "write a row of counters to `FILE` every second, as CSV")
	return f
}

// outputSettings are the output options once they are understood.
type outputSettings struct {
	files     []output.File
	rows      output.Config
	filter    string // as given; empty for none
	isDefault bool   // ZMap's default output: new hits only, no header
	metadata  string // where to; empty for nowhere
	status    string // likewise
}

// understand follows ZMap: with neither format, fields nor filter given, the output is the addresses of new hits,
// without a header; with any of them it is every answer that the filter keeps, with one. A file named for another format
// than CSV gives a format. ports is the number of ports to be scanned; logFile is where the log goes, "" being standard
// error.
func (o *outputOptions) understand(cmd *cobra.Command, ports int, logFile string) (outputSettings, error) {
	isGiven := cmd.Flags().Changed
	s := outputSettings{filter: o.filter, metadata: o.metadata, status: o.status}
	if err := o.chooseFiles(&s, isGiven("output-module"), logFile); err != nil {
		return s, usagef(cmd, "%w", err)
	}
	s.isDefault = !isGiven("output-module") && !isGiven("output-fields") && !isGiven("output-filter")
	for _, f := range s.files {
		s.isDefault = s.isDefault && f.Format == output.CSV
	}
	s.rows.Header = !s.isDefault && !o.noHeader
	s.rows.Fields = output.DefaultFields(ports)
	if isGiven("output-fields") {
		var err error
		if s.rows.Fields, err = output.ParseFields(o.fields); err != nil {
			return s, usagef(cmd, "--output-fields: %w", err)
		}
	}
	if s.isDefault {
		s.rows.Only = output.DefaultFilter
		return s, nil
	}
	filter, err := output.ParseFilter(o.filter)
	if err != nil {
		return s, usagef(cmd, "--output-filter: %w", err)
	}
	if o.filter != "" {
		s.rows.Only = filter.Match
	}
	return s, nil
}

// chooseFiles finds the format of each file, and refuses to write two things to one.
func (o *outputOptions) chooseFiles(s *outputSettings, hasFormat bool, logFile string) error {
	paths := o.files
	if len(paths) == 0 {
		paths = []string{"-"}
	}
	for _, path := range paths {
		f := output.FileFor(path)
		if hasFormat {
			var err error
			if f.Format, err = output.ParseFormat(o.format); err != nil {
				return fmt.Errorf("--output-module: %w", err)
			}
		}
		s.files = append(s.files, f)
	}
	all := slices.Clone(s.files)
	if s.status != "" {
		all = append(all, output.File{Path: s.status})
	}
	if s.metadata != "" && s.metadata != "-" { // one line after all others may go to standard output, too
		all = append(all, byRename(s.metadata))
	}
	if logFile != "" {
		all = append(all, output.File{Path: logFile})
	}
	return output.CheckFiles(all)
}

// configureDedup fills in how repeats are recognized.
func (o *outputOptions) configureDedup(cfg *scan.Config) (err error) {
	if cfg.Dedup, err = scan.ParseDedupMethod(o.dedup); err != nil {
		return fmt.Errorf("--dedup-method: %w", err)
	}
	if o.dedupWindow < 1 || o.dedupWindow > scan.MaxDedupWindow {
		return fmt.Errorf("--dedup-window-size %d is not 1 to %d", o.dedupWindow, scan.MaxDedupWindow)
	}
	cfg.DedupWindow = o.dedupWindow
	switch cfg.DedupMemory = uint64(o.dedupMemory); {
	case o.dedupMemory == 0:
		if available, _, err := freemem.Available(os.DirFS("/")); err == nil && available > 0 {
			cfg.DedupMemory = max(available/freemem.DedupShare, scan.MinDedupMemory)
		}
	case o.dedupMemory < scan.MinDedupMemory:
		return fmt.Errorf("--dedup-memory %d is less than %d", o.dedupMemory, scan.MinDedupMemory)
	}
	return nil
}
