package main

import (
	"io"
	"log/slog"

	"github.com/spf13/cobra"
)

// run does what `xsweep` without a subcommand is asked for.
func (o *options) run(cmd *cobra.Command, args []string) (err error) {
	o.logs = new(logs)
	defer func() { o.logs.close(err) }()
	return scanCommand(cmd, o, args)
}

// openLog opens the log, once it is certain that there is something to do.
func (o *options) openLog(stderr io.Writer) (*slog.Logger, error) {
	opened, log, err := openLogs(&o.logOptions, stderr)
	if err != nil {
		return nil, err
	}
	o.logs = opened
	return log, nil
}
