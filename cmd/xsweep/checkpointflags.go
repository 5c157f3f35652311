package main

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/xsweep/xsweep/internal/checkpoint"
	"github.com/xsweep/xsweep/output"
	"github.com/xsweep/xsweep/scan"
)

// checkpointOptions are the flags of a scan that can be gone on with.
type checkpointOptions struct {
	checkpoint         string
	checkpointInterval secondsValue

	resumed *checkpoint.File // what a scan goes on from; nil for a new one
}

func (o *checkpointOptions) flags() *pflag.FlagSet {
	f := newFlagSet()
	o.checkpointInterval = secondsValue(scan.DefaultCheckpointEvery)
	f.StringVar(&o.checkpoint, "checkpoint", "", "note in `FILE` how far the scan is; 'xsweep resume FILE' goes on with it")
	f.Var(&o.checkpointInterval, "checkpoint-interval", "note it so often, and at the end in any case")
	return f
}

// checkCheckpoint refuses what no checkpoint can be made of.
func (o *options) checkCheckpoint(cmd *cobra.Command, s *settings) error {
	if o.checkpointInterval <= 0 {
		return usagef(cmd, "--checkpoint-interval 0 is no time: give seconds, such as 5 or 0.5")
	}
	s.scan.CheckpointEvery = time.Duration(o.checkpointInterval)
	if o.checkpoint == "" {
		return nil
	}
	if o.checkpoint == "-" {
		return usagef(cmd, "--checkpoint wants a file that can be replaced, not standard output")
	}
	if err := output.CheckResumable(s.output.files); err != nil {
		return usagef(cmd, "--checkpoint: %w", err)
	}
	var err error
	if o.checkpoint, err = checkpoint.Place(o.checkpoint); err != nil {
		return &checkpointError{err}
	}
	all := append(slices.Clone(s.output.files), output.File{Path: o.checkpoint + checkpoint.Suffix}, byRename(o.checkpoint))
	for _, path := range []string{o.status, o.logFile} {
		if path != "" && path != "-" {
			all = append(all, output.File{Path: path})
		}
	}
	if o.metadata != "" && o.metadata != "-" {
		all = append(all, byRename(o.metadata))
	}
	if err := output.CheckFiles(all); err != nil {
		return usagef(cmd, "--checkpoint: %w; %s, and that with %s or %s, are names of its own", err, o.checkpoint, checkpoint.Suffix,
			checkpoint.Partial)
	}
	return nil
}

// byRename stands for a file that is written as path.partial and then renamed, which is what Parquet is.
func byRename(path string) output.File { return output.File{Path: path, Format: output.Parquet} }

// isPath tells whether the values of an option are names of files or directories. In a checkpoint they begin at the root, so
// that it does not matter where a scan is gone on with.
func isPath(option string) bool {
	switch option {
	case "output-file", "metadata-file", "status-updates-file", "log-file", "log-directory", "blocklist-file", "allowlist-file",
		"list-of-ips-file", "targets-file":
		return true
	}
	return false
}

// given returns the options that have been given, in whatever way, as a checkpoint keeps them.
func (o *options) given() ([]checkpoint.Option, error) {
	var list []checkpoint.Option
	var errs []error
	for _, g := range o.groups {
		g.flags.VisitAll(func(f *pflag.Flag) {
			if !o.origins.has(f.Name) || !isLasting(f.Name) || f.Name == "checkpoint" {
				return
			}
			values := []string{f.Value.String()}
			if several, ok := f.Value.(pflag.SliceValue); ok {
				values = several.GetSlice()
			}
			for _, value := range values {
				if isPath(f.Name) && value != "" && value != "-" {
					var err error
					value, err = filepath.Abs(value)
					errs = append(errs, err)
				}
				list = append(list, checkpoint.Option{Name: f.Name, Value: value})
			}
		})
	}
	return list, errors.Join(errs...)
}

// isResumable tells whether an option may be different when a scan goes on: it does not change what is probed.
func isResumable(option string) bool {
	return slices.Contains(strings.Fields(`rate bandwidth max-runtime max-results cooldown-time sender-threads cores no-backoff
		min-hitrate max-sendto-failures checkpoint-interval blocklist-file no-blocklist interface source-ip gateway-mac source-mac
		vlan engine xdp-mode bind-mode keep-privileges quiet verbosity log-file log-directory syslog disable-syslog
		metadata-file status-updates-file output-patience notes user-metadata`), option)
}
