package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/xsweep/xsweep/internal/checkpoint"
	"github.com/xsweep/xsweep/scan"
)

const resumeHelp = `Go on with a scan that was cut off: by Ctrl-C, a limit, a crash or a kill.

FILE is what --checkpoint named. Options and targets are those of the scan, with names of files as they were then;
neither the environment nor a configuration file is read. Options given here take the place of what the scan had, but
only those that change nothing about what is probed; the others stay as the scan had them, which is their default here.

Lists of targets and blocklists are read again. A blocklist that has become longer is respected; any other change is an
error that says what has changed, and so is an output file that was replaced or edited. What the checkpoint does not cover
is probed again, and rows behind it stay: a few rows may be there twice, none is missing.`

func newResume() *cobra.Command {
	o := new(options)
	cmd := &cobra.Command{
		Use:   "resume [options] FILE",
		Short: "go on with a scan from its checkpoint",
		Long:  resumeHelp,
		Example: `  xsweep -p 443 -o results.csv --checkpoint scan.ckpt 203.0.113.0/24
  xsweep resume scan.ckpt
  xsweep resume -r 20k scan.ckpt`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 || args[0] == "" {
				return usagef(cmd, "resume takes one argument, the FILE of --checkpoint: targets are those of the scan")
			}
			return nil
		},
		DisableFlagsInUseLine: true,
		RunE:                  func(cmd *cobra.Command, args []string) error { return o.resume(cmd, args[0]) },
	}
	cmd.Flags().SortFlags = false
	o.register(cmd)
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		f.Hidden = !isResumable(f.Name) && f.Name != "help"
		forgetDefault(f)
	})
	return cmd
}

// defaultRemark is where a description tells what an option is by default.
var defaultRemark = regexp.MustCompile(` ?\(default[^()]*\)`)

// forgetDefault has the help of a flag tell no default: it is what the scan had, and not what a new one would have.
func forgetDefault(f *pflag.Flag) {
	f.Usage = defaultRemark.ReplaceAllString(f.Usage, "")
	switch f.Value.Type() { // what pflag takes for nothing worth telling
	case "bool", "string":
		f.DefValue = ""
	case "stringArray":
		f.DefValue = "[]"
	default:
		f.DefValue = "0"
	}
}

// resume goes on with the scan of a checkpoint.
func (o *options) resume(cmd *cobra.Command, path string) (err error) {
	var fixed error
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if !isResumable(f.Name) && fixed == nil {
			fixed = usagef(cmd, "%s is a part of the scan and stays what it was", spelling(f))
		}
	})
	if fixed != nil {
		return fixed
	}
	file, err := checkpoint.Load(path)
	if err != nil {
		return &checkpointError{err}
	}
	if file.Complete {
		fmt.Fprintf(cmd.ErrOrStderr(), "xsweep: %s: the scan %s %s: there is nothing to go on with\n", path, file.ScanID, completion(file))
		return nil
	}
	if err := o.resolveStored(cmd, file, path); err != nil {
		return err
	}
	o.checkpoint, o.resumed, o.logsGoOn = path, file, true
	o.logs = new(logs)
	defer func() { o.logs.close(err) }()
	return o.origins.locate(scanCommand(cmd, o, file.Arguments))
}

// completion says what became of a scan that is complete: one that has as many results as it was to have is, though there
// may be targets left.
func completion(file *checkpoint.File) string {
	when := file.Written.Format(time.DateTime)
	var last counters // of another version, perhaps
	if err := json.Unmarshal(file.Counters, &last); err == nil && last.End == scan.EndMaxResults {
		return "ended at " + when + " because it had its maximum of results (--max-results)"
	}
	return "is complete since " + when
}

// resolveStored completes the command line from a checkpoint.
func (o *options) resolveStored(cmd *cobra.Command, file *checkpoint.File, path string) error {
	flags := cmd.Flags()
	o.origins = make(origins)
	flags.Visit(func(f *pflag.Flag) { o.origins[f.Name] = []string{commandLine} })
	stored := make([]setting, len(file.Options))
	for i, option := range file.Options {
		if flags.Lookup(option.Name) == nil || !isLasting(option.Name) {
			return &checkpointError{fmt.Errorf("%s has the option %q, which this xsweep does not know: use the one that wrote it, %s",
				path, option.Name, file.Program)}
		}
		stored[i] = setting{name: option.Name, value: option.Value, from: path}
	}
	if err := o.origins.apply(flags, stored); err != nil {
		return &checkpointError{err}
	}
	return nil
}

// checkpointError is an error of a checkpoint, to which hints about the network do not apply.
type checkpointError struct{ err error }

func (e *checkpointError) Error() string { return "checkpoint: " + e.err.Error() }
func (e *checkpointError) Unwrap() error { return e.err }
