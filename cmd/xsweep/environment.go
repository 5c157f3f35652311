package main

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/xsweep/xsweep/output"
)

// variablePrefix begins the names of the environment's variables: XSWEEP_MAX_TARGETS is --max-targets.
const variablePrefix = "XSWEEP_"

// readEnvironment returns the options that are in the environment. An empty variable is not there. One that looks like
// an option and is none is worth a remark, and no more: it may be meant for another version of the program.
func readEnvironment(flags *pflag.FlagSet, environ []string) (layer []setting, remarks []string) {
	var names []string
	flags.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	for _, pair := range slices.Sorted(slices.Values(environ)) {
		variable, value, _ := strings.Cut(pair, "=")
		if !isOurs(variable) || value == "" {
			continue
		}
		switch name := optionName(variable); {
		case flags.Lookup(name) == nil || variableName(name) != variable:
			remark := variable + " in the environment is no option"
			if near := output.Nearest(name, names); near != "" {
				remark += ": the nearest is " + variableName(near)
			}
			remarks = append(remarks, remark)
		case isLasting(name) || name == "config":
			layer = append(layer, setting{name: name, value: value, from: variable})
		}
	}
	return layer, remarks
}

func variableName(option string) string {
	return variablePrefix + strings.ToUpper(strings.ReplaceAll(option, "-", "_"))
}

func optionName(variable string) string {
	return strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(variable, variablePrefix), "_", "-"))
}

// isOurs tells whether a variable is for this program, and not only for its tests, which run it.
func isOurs(variable string) bool {
	return strings.HasPrefix(variable, variablePrefix) && !strings.HasPrefix(variable, "XSWEEP_TEST_") &&
		variable != "XSWEEP_REQUIRE_NETNS"
}

// withoutOptions is an environment that asks for nothing.
func withoutOptions(environ []string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(pair string) bool {
		variable, _, _ := strings.Cut(pair, "=")
		return isOurs(variable)
	})
}
