package main

import (
	"context"
	"log/slog"
	"slices"

	"github.com/xsweep/xsweep/blocklist"
	"github.com/xsweep/xsweep/scan"
)

// optOut reads the blocklist files again while the scan runs, and has it leave out what was added. What has been left
// out stays out until the end, also where a file has lost it since: a file that is being written anew is empty for a
// moment, and no one who asked not to be probed should be for that.
type optOut struct {
	run          *scan.Scan
	files        []string
	ignoreErrors bool
	blocked      *blocklist.Set // at the beginning: not among the targets at all
	excluded     *blocklist.Set // left out on the way so far; nil for nothing
	keep         *keeper        // to whom that is told, for a scan that goes on later
	log          *slog.Logger
}

func newOptOut(o *options, s *settings, run *scan.Scan, keep *keeper, log *slog.Logger) *optOut {
	return &optOut{
		run: run, files: o.blocklistFiles, ignoreErrors: o.ignoreErrors, blocked: s.targets.blocked, excluded: s.scan.Exclude,
		keep: keep, log: log,
	}
}

// isPossible tells whether there is a file to read again: standard input is not.
func (o *optOut) isPossible() bool { return len(o.reread()) > 0 }

func (o *optOut) reread() []string {
	return slices.DeleteFunc(slices.Clone(o.files), func(path string) bool { return path == "-" })
}

// read reads the files and passes on what is new. An error changes nothing, and is no reason to stop.
func (o *optOut) read(ctx context.Context) {
	now, err := readBlocklists(ctx, newLoader(nil, o.ignoreErrors, o.log), o.reread(), o.log)
	if err != nil {
		o.log.Error("blocklist not read again: what it had stays in force", "error", withFileLimit(err))
		return
	}
	before := o.blocked
	if o.excluded != nil {
		before = before.Union(o.excluded)
	}
	added := now.Minus(before)
	if added.Len() > 0 {
		if o.excluded != nil {
			o.excluded = o.excluded.Union(added)
		} else {
			o.excluded = added
		}
		o.run.Exclude(o.excluded)
		o.keep.optOut(added)
	}
	o.log.Info("blocklist read again", "addresses", now.Len(), "added", added.Len())
}
