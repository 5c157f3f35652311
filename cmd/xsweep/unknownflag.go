package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/xsweep/xsweep/output"
)

// flagError is a usage error for what pflag refused. An option that is not there gets the name that was meant.
func flagError(cmd *cobra.Command, err error) error {
	if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		f := invalid.GetFlag()
		return usagef(cmd, "%s: %w", spelling(f), valueError(f, err))
	}
	unknown, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok || unknown.GetSpecifiedShortnames() != "" {
		return usagef(cmd, "%w", err)
	}
	name := unknown.GetSpecifiedName()
	return usagef(cmd, "%w%s", err, suggestOption(cmd.Flags(), name, "--"))
}

// spelling is how a command line has an option: --rate (-r).
func spelling(f *pflag.Flag) string {
	if f.Shorthand == "" {
		return "--" + f.Name
	}
	return fmt.Sprintf("--%s (-%s)", f.Name, f.Shorthand)
}

// valueError is what is wrong with the value of an option, without pflag's words about how a command line would have it,
// and with what is wanted in place of Go's words about what it could not parse.
func valueError(f *pflag.Flag, err error) error {
	if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		err = invalid.Unwrap()
	}
	if number, ok := errors.AsType[*strconv.NumError](err); ok {
		return fmt.Errorf("%q is not %s", number.Num, wanted(f.Value.Type()))
	}
	return err
}

// wanted describes the values of pflag's own types.
func wanted(kind string) string {
	switch kind {
	case "bool":
		return "true or false"
	case "float64":
		return "a number"
	case "uint8":
		return "a whole number from 0 to 255"
	case "uint16":
		return "a whole number from 0 to 65535"
	case "uint", "uint64":
		return "a whole number from 0 to 2^64-1"
	}
	return "a whole number"
}

// suggestOption goes behind a name that is unknown: it says which option somebody who wrote it most likely meant, if there
// is one like it. prefix is what names have in front where they are written: "--" or, in a file, nothing.
func suggestOption(flags *pflag.FlagSet, name, prefix string) string {
	if now := renamed(name); now != "" {
		return ": it is " + prefix + now + " now, as in ZMap 4"
	}
	var all, longer []string
	flags.VisitAll(func(f *pflag.Flag) {
		all = append(all, f.Name)
		if strings.HasPrefix(f.Name, name) {
			longer = append(longer, prefix+f.Name)
		}
	})
	if len(longer) > 0 {
		return fmt.Sprintf(": names are not abbreviated, write %s", strings.Join(longer, " or "))
	}
	if near := output.Nearest(name, all); near != "" {
		return ": the nearest is " + prefix + near
	}
	return ""
}

// renamed is the present name of an option that older versions of ZMap had, or "". Distributions still ship those, and
// configuration files with them.
func renamed(name string) string {
	switch name {
	case "blacklist-file":
		return "blocklist-file"
	case "whitelist-file":
		return "allowlist-file"
	case "ignore-invalid-hosts":
		return "ignore-blocklist-errors"
	case "vpn":
		return "iplayer"
	case "summary":
		return "metadata-file"
	}
	return ""
}

// mistyped is err, that an option is missing or wrong, or what is behind it where the first of args is nearly the name of a
// command: a scan without ports was not meant then.
func mistyped(cmd *cobra.Command, o *options, args []string, err error) error {
	if len(args) == 0 || o.ports != "" || o.targetsFile != "" {
		return err
	}
	near := nearestCommand(cmd, args[0])
	if near == "" {
		return err
	}
	return usagef(cmd, "%q is not a command%s", args[0], near)
}
