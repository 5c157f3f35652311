package main

import (
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

// run does what `xsweep` without a subcommand is asked for: to scan, or to answer a question.
func (o *options) run(cmd *cobra.Command, args []string) (err error) {
	if o.listFields {
		if err := o.parseModule(nil); err != nil { // the fields are those of the module
			return usagef(cmd, "%w", err)
		}
	}
	if text := o.answer(); text != "" {
		_, err := io.WriteString(cmd.OutOrStdout(), text)
		return err
	}
	if err := o.resolve(cmd, os.Environ()); err != nil {
		return err
	}
	if o.echo {
		if _, err := o.understand(cmd); err != nil {
			return o.origins.locate(err)
		}
		var config strings.Builder
		printConfig(&config, o.groups, o.origins, args)
		_, err := io.WriteString(cmd.OutOrStdout(), config.String())
		return err
	}
	o.logs = new(logs)
	defer func() { o.logs.close(err) }()
	return o.origins.locate(scanCommand(cmd, o, args))
}

// openLog opens the log, once it is certain that there is something to do, and begins it with what had to wait for it.
func (o *options) openLog(stderr io.Writer) (*slog.Logger, error) {
	opened, log, err := openLogs(&o.logOptions, stderr)
	if err != nil {
		return nil, err
	}
	o.logs = opened
	for _, remark := range o.remarks {
		log.Warn(remark)
	}
	return log, nil
}
