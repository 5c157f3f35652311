package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"

	"github.com/xsweep/xsweep/internal/conffile"
)

// printConfig writes the options in effect as a configuration file that has the same effect. Options that were not given
// are remarks in it: some mean something else when they are given, though with their default.
func printConfig(w io.Writer, groups []flagGroup, from origins, targets []string) {
	fmt.Fprintf(w, "# %s\n", version())
	for _, g := range groups {
		var lines []string
		g.flags.VisitAll(func(f *pflag.Flag) {
			if isLasting(f.Name) {
				lines = append(lines, configLines(f, from[f.Name])...)
			}
		})
		if len(lines) > 0 {
			fmt.Fprintf(w, "\n# %s\n%s\n", g.title, strings.Join(lines, "\n"))
		}
	}
	if len(targets) > 0 {
		fmt.Fprintf(w, "\n# The command line has targets, too, which a file cannot: %s\n", strings.Join(targets, " "))
	}
}

// configLines is one line for a flag, or one for each of its values.
func configLines(f *pflag.Flag, from []string) []string {
	if len(from) == 0 {
		why := "default"
		if f.Value.String() != f.DefValue {
			why = "follows from the others"
		}
		return []string{"#" + configLine(f, shownDefault(f), why)}
	}
	list, isList := f.Value.(pflag.SliceValue)
	if !isList {
		return []string{configLine(f, f.Value.String(), from[0])}
	}
	var lines []string
	for i, value := range list.GetSlice() {
		lines = append(lines, configLine(f, value, from[min(i, len(from)-1)]))
	}
	return lines
}

func shownDefault(f *pflag.Flag) string {
	if _, isList := f.Value.(pflag.SliceValue); isList {
		return ""
	}
	return f.Value.String()
}

func configLine(f *pflag.Flag, value, why string) string {
	e := conffile.Entry{Name: f.Name, Value: value, HasValue: true}
	if value == "true" && f.NoOptDefVal == value {
		e.HasValue = false
	}
	line, ok := conffile.Format(e)
	if !ok {
		return fmt.Sprintf("#%s %q  # %s; cannot be written in a file", f.Name, value, why)
	}
	return fmt.Sprintf("%s  # %s", line, why)
}
