package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/pflag"
)

// logOptions are the flags that say what is logged, and where to.
type logOptions struct {
	verbosity     int
	logFile       string
	logDirectory  string
	syslog        bool
	disableSyslog bool

	logsGoOn bool // a file that is there is added to
}

func (o *logOptions) flags() *pflag.FlagSet {
	f := newFlagSet()
	f.IntVarP(&o.verbosity, "verbosity", "v", 3, "log up to `LEVEL`: 0 fatal, 1 error, 2 warn, 3 info, 4 debug, 5 trace")
	f.StringVarP(&o.logFile, "log-file", "l", "", "log to `FILE` instead of standard error")
	f.StringVarP(&o.logDirectory, "log-directory", "L", "", "log to a new file in `DIR`, named for the time")
	f.BoolVar(&o.syslog, "syslog", false, "log to syslog as well")
	f.BoolVar(&o.disableSyslog, "disable-syslog", false, "do not log to syslog: the default here")
	return f
}

func (o *logOptions) check(*settings) error {
	switch {
	case o.verbosity < 0 || o.verbosity >= len(levelNames):
		return fmt.Errorf("--verbosity %d is not 0 to %d", o.verbosity, len(levelNames)-1)
	case o.logFile != "" && o.logDirectory != "":
		return errors.New("--log-file (-l) and --log-directory (-L) both say where to log: give one of them")
	case o.syslog && o.disableSyslog:
		return errors.New("--syslog and --disable-syslog contradict each other: give one of them")
	}
	return nil
}

// path is the file to log to now; "" is standard error.
func (o *logOptions) path(now time.Time) string {
	if o.logDirectory == "" {
		return o.logFile
	}
	return filepath.Join(o.logDirectory, "xsweep-"+now.Format("2006-01-02T150405-0700")+".log") // ZMap's, but for the program
}
