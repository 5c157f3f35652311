package main

import (
	"errors"
	"log/slog"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/output"
	"github.com/xsweep/xsweep/scan"
)

// checkMetadata finds out before anything is sent whether the metadata will have a place.
func (s *outputSettings) checkMetadata() error {
	if s.metadata == "" {
		return nil
	}
	if err := output.CheckPath(s.metadata); err != nil {
		return &outputError{err, "--metadata-file"}
	}
	return nil
}

// openStatus returns nil where no file for status updates is asked for.
func (s *outputSettings) openStatus(goesOn bool) (*output.StatusWriter, error) {
	if s.status == "" {
		return nil, nil
	}
	open := output.CreateStatus
	if goesOn {
		open = output.AppendStatus
	}
	w, err := open(s.status)
	if err != nil {
		return nil, &outputError{err, "--status-updates-file"}
	}
	return w, nil
}

// openRows opens the files of the results, for rows of this scan: anew, or where an earlier session of it left off.
func (s *settings) openRows(run *scan.Scan, keep *keeper, log *slog.Logger) (*output.Group, error) {
	rows := s.output.rows
	rows.Scan = output.ScanInfo{ID: run.ID(), Engine: run.Way().Engine, Shard: s.scan.Shard}
	if s.probe.ja4t {
		rows.Scan.JA4T = run.JA4T()
	}
	var out *output.Group
	var err error
	if keep != nil && keep.before != nil {
		out, err = keep.reopen(s.output.files, rows, log)
	} else {
		out, err = output.OpenGroup(s.output.files, rows)
	}
	if err != nil {
		return nil, &outputError{err, "--output-file"}
	}
	return out, nil
}

// log explains which answers become rows.
func (s *outputSettings) log(log *slog.Logger) {
	switch {
	case s.isDefault:
		log.Info(`new hits alone are written, as by default in ZMap: the same as --output-module=csv --output-fields=` +
			fieldNames(s.rows.Fields) + ` --output-filter='success = 1 && repeat = 0' --no-header-row; ` +
			`for every answer, give --output-filter=""`)
	case s.filter == "":
		log.Info("every answer is written, RSTs, ICMP errors and repeats included, as in ZMap with -O or -f but no filter")
	}
}

// fieldNames is a list as --output-fields takes it.
func fieldNames(fields []output.Field) string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	return strings.Join(names, ",")
}

// finish closes the files of the results. What came of that is the error to report, if it is theirs that ended the scan
// or there was none; a reader that has had enough is no error.
func finish(out *output.Group, err error) error {
	failed := out.Close()
	_, ofOutput := errors.AsType[*scan.OutputError](err)
	switch {
	case failed == nil:
		return err
	case err != nil && !ofOutput:
		return errors.Join(err, &outputError{failed, "--output-file"})
	case isClosedPipe(failed):
		return nil
	}
	return &outputError{failed, "--output-file"}
}

// isClosedPipe tells whether an error is about a reader that has had enough, as head has, and about nothing else.
func isClosedPipe(err error) bool {
	if list, ok := errors.AsType[interface {
		error
		Unwrap() []error
	}](err); ok {
		for _, e := range list.Unwrap() {
			if !isClosedPipe(e) {
				return false
			}
		}
		return true
	}
	return errors.Is(err, unix.EPIPE)
}
