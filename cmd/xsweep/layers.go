package main

import (
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// An option comes from the command line, else from the environment, else from a configuration file, else it has its
// default: what is nearer to this one scan wins. Values are not joined: a blocklist file on the command line takes the
// place of those in a configuration file, as in ZMap.

// setting is an option from somewhere else than the command line.
type setting struct {
	name   string
	value  string
	isBare bool   // a name alone
	from   string // a variable, or a file and a line
}

// origins tells for each option that has been given where its values are from.
type origins map[string][]string

func (o origins) has(name string) bool { return len(o[name]) > 0 }

const commandLine = "command line"

// resolve completes the command line from the environment and the configuration file.
func (o *configOptions) resolve(cmd *cobra.Command, environ []string) error {
	flags := cmd.Flags()
	o.origins = make(origins)
	flags.Visit(func(f *pflag.Flag) { o.origins[f.Name] = []string{commandLine} })

	var variables []setting
	variables, o.remarks = readEnvironment(flags, environ)
	if err := o.origins.apply(flags, variables); err != nil {
		return usagef(cmd, "%w", err)
	}
	lines, err := readConfig(flags, o.configFile)
	if err != nil {
		return err
	}
	if err := o.origins.apply(flags, lines); err != nil {
		return usagef(cmd, "%w", err)
	}
	return nil
}

// apply sets the options that nothing nearer has set.
func (o origins) apply(flags *pflag.FlagSet, layer []setting) error {
	given := make(origins)
	for _, s := range layer {
		if o.has(s.name) || o.has(rival(s.name)) {
			continue
		}
		f := flags.Lookup(s.name)
		if _, isList := f.Value.(pflag.SliceValue); given.has(s.name) && !isList {
			return fmt.Errorf("%s: %s is in %s already", s.from, s.name, given[s.name][0])
		}
		if err := s.set(flags, f); err != nil {
			return fmt.Errorf("%s: %s: %w", s.from, s.name, err)
		}
		given[s.name] = append(given[s.name], s.from)
	}
	maps.Copy(o, given)
	return nil
}

func (s *setting) set(flags *pflag.FlagSet, f *pflag.Flag) error {
	value := s.value
	if s.isBare {
		if value = f.NoOptDefVal; value == "" {
			return errors.New("it needs a value")
		}
	}
	return valueError(f, flags.Set(s.name, value))
}

// locate puts in front of a usage error where the option is from that it begins with, unless that is the command line.
func (o origins) locate(err error) error {
	usage, ok := errors.AsType[*usageError](err)
	if !ok || !strings.HasPrefix(err.Error(), "--") {
		return err
	}
	name, _, _ := strings.Cut(strings.TrimLeft(err.Error(), "-"), " ")
	name = strings.TrimSuffix(name, ":")
	if !o.has(name) || o[name][0] == commandLine {
		return err
	}
	return &usageError{usage.command, fmt.Errorf("%s: %w", o[name][0], usage.err)}
}

// rival is the option that says the same thing in another way, and so takes the place of a more distant one; or "".
func rival(name string) string {
	pairs := [...][2]string{{"rate", "bandwidth"}, {"target-ports", "targets-file"}, {"log-file", "log-directory"},
		{"syslog", "disable-syslog"}}
	for _, p := range pairs {
		switch name {
		case p[0]:
			return p[1]
		case p[1]:
			return p[0]
		}
	}
	return ""
}
