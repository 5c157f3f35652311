package main

import (
	"log/slog"

	"github.com/xsweep/xsweep/internal/checkpoint"
	"github.com/xsweep/xsweep/internal/privilege"
	"github.com/xsweep/xsweep/output"
	"github.com/xsweep/xsweep/scan"
)

// confine leaves the process with what a scan that is open takes to run and to end. It comes before the first probe, so
// that whoever answers has nothing to win. It tells whether there is a fence.
func (o *options) confine(s *settings, run *scan.Scan, opt *optOut, log *slog.Logger) (fenced bool) {
	if o.keepPrivileges {
		return false
	}
	later := privilege.Later{Written: append(s.output.later(), o.checkpointPaths()...), Read: opt.reread(), Kernel: run.TryCounters}
	return confine(log, later.Keep(), append(s.output.paths(), o.checkpointPaths()...))
}

// checkpointPaths are the name of a checkpoint and the one beside it that it is written under. A link that leads to nothing
// is replaced itself.
func (o *options) checkpointPaths() []string {
	if o.checkpoint == "" {
		return nil
	}
	return []string{o.checkpoint, o.checkpoint + checkpoint.Partial}
}

// confineDryRun leaves nothing: all that is still to come is printing.
func (o *options) confineDryRun(log *slog.Logger) {
	if !o.keepPrivileges {
		confine(log, nil, nil)
	}
}

// confine drops capabilities and sets up the fence. Where a kernel or a container has neither, a scan is as good as it
// was.
func confine(log *slog.Logger, keep []privilege.Need, written []string) (fenced bool) {
	for _, n := range keep {
		log.Debug("capability kept", "capability", n, "for", n.For)
	}
	if err := privilege.Drop(keep...); err != nil {
		log.Warn("capabilities not dropped", "error", err)
	} else {
		log.Debug("capabilities dropped", "kept", len(keep))
	}
	version, err := privilege.Fence(written...)
	switch {
	case err != nil:
		log.Debug("no fence", "error", err)
	case version == 0:
		log.Debug("no fence: this kernel has no Landlock, or keeps it from us")
	default:
		log.Debug("fence: files can be written in these directories only", "landlock", version, "files", written)
	}
	return err == nil && version > 0
}

// later lists the files that appear, or are replaced, when the scan ends.
func (s *outputSettings) later() []string {
	late := []string{s.metadata}
	for _, f := range s.files {
		if f.Format == output.Parquet {
			late = append(late, f.Path)
		}
	}
	return late
}

// paths lists all files of results and about them.
func (s *outputSettings) paths() []string {
	all := []string{s.metadata, s.status}
	for _, f := range s.files {
		all = append(all, f.Path)
	}
	return all
}
