package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"log/syslog"
	"os"
	"time"

	"github.com/spf13/cobra"
)

// logs are the places that a scan logs to.
type logs struct {
	away    []slog.Handler // those other than standard error
	closers []io.Closer
}

// openLogs opens the places that the options name; the logger writes to all of them.
func openLogs(o *logOptions, stderr io.Writer) (*logs, *slog.Logger, error) {
	l := new(logs)
	var all []slog.Handler
	if path := o.path(time.Now()); path == "" {
		all = append(all, newLogHandler(stderr, o.verbosity))
	} else {
		file, err := openLogFile(path, o.logsGoOn)
		if err != nil {
			return nil, nil, &logError{err}
		}
		l.add(newLogHandler(file, o.verbosity), file)
	}
	if o.syslog {
		w, err := syslog.New(syslog.LOG_USER|syslog.LOG_INFO, "xsweep")
		if err != nil {
			l.close(nil)
			return nil, nil, &logError{fmt.Errorf("connect to syslog: %w", err)}
		}
		l.add(&syslogHandler{w: w, level: verbosityLevel(o.verbosity)}, w)
	}
	return l, slog.New(slog.NewMultiHandler(append(all, l.away...)...)), nil
}

// openLogFile opens a file to log to, anew or behind what is there. A line that a killed process may have left without its
// end gets one.
func openLogFile(path string, goesOn bool) (*os.File, error) {
	mode, isTorn := os.O_TRUNC, false
	if goesOn {
		mode, isTorn = os.O_APPEND, endsWithinLine(path)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|mode, 0o666)
	if err == nil && isTorn {
		_, _ = file.WriteString("\n") // where it finds no room, no line does
	}
	return file, err
}

// endsWithinLine is false for what is no file, or cannot be read: then a line that is not whole is left.
func endsWithinLine(path string) bool {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return false
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close() // it was only read
	last := make([]byte, 1)
	n, _ := f.ReadAt(last, info.Size()-1)
	return n == 1 && last[0] != '\n'
}

// begin checks the options of a command and opens its logs.
func (o *logOptions) begin(cmd *cobra.Command) (*logs, *slog.Logger, error) {
	if err := o.check(nil); err != nil {
		return nil, nil, usagef(cmd, "%w", err)
	}
	return openLogs(o, cmd.ErrOrStderr())
}

func (l *logs) add(h slog.Handler, c io.Closer) {
	l.away, l.closers = append(l.away, h), append(l.closers, c)
}

// close ends the logs with the error that ends the program, if there is one. Standard error shows it anyway.
func (l *logs) close(err error) {
	if err != nil && len(l.away) > 0 {
		slog.New(slog.NewMultiHandler(l.away...)).Log(context.Background(), levelFatal, oneLine(err))
	}
	for _, c := range l.closers {
		_ = c.Close() // nothing is left to tell
	}
}

// logError is an error of the log, to which hints about the network do not apply.
type logError struct{ err error }

func (e *logError) Error() string { return "log: " + e.err.Error() }
func (e *logError) Unwrap() error { return e.err }
