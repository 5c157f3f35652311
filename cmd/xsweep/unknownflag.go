package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/xsweep/xsweep/output"
)

// flagError is a usage error for what pflag refused. An option that is not there gets the name that was meant.
func flagError(cmd *cobra.Command, err error) error {
	unknown, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok || unknown.GetSpecifiedShortnames() != "" {
		return usagef(cmd, "%w", err)
	}
	name := unknown.GetSpecifiedName()
	return usagef(cmd, "%w: %s", err, suggestOption(cmd.Flags(), name, "--"))
}

// suggestOption says which option somebody who wrote name most likely meant. prefix is what names have in front where
// they are written: "--" or, in a file, nothing.
func suggestOption(flags *pflag.FlagSet, name, prefix string) string {
	if now := renamed(name); now != "" {
		return "it is " + prefix + now + " now, as in ZMap 4"
	}
	var all, longer []string
	flags.VisitAll(func(f *pflag.Flag) {
		all = append(all, f.Name)
		if strings.HasPrefix(f.Name, name) {
			longer = append(longer, prefix+f.Name)
		}
	})
	if len(longer) > 0 {
		return fmt.Sprintf("names are not abbreviated, write %s", strings.Join(longer, " or "))
	}
	return "the nearest is " + prefix + output.Nearest(name, all)
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
