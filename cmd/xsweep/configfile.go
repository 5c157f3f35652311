package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/pflag"

	"github.com/xsweep/xsweep/internal/conffile"
)

// defaultConfig is read where it exists and no other is named. /etc/zmap/zmap.conf is another program's: it is read
// where -C names it, and never by itself.
const defaultConfig = "/etc/xsweep/xsweep.conf"

type configOptions struct {
	configFile string

	// What comes of it, once the options are resolved.
	origins origins
	remarks []string // for the log, which opens later
}

func (o *configOptions) flags() *pflag.FlagSet {
	f := newFlagSet()
	f.StringVarP(&o.configFile, "config", "C", defaultConfig,
		"take options from `FILE`, one a line, without dashes, as from the environment (XSWEEP_MAX_TARGETS)")
	return f
}

// readConfig returns the options in a file, all of which it knows by name. A path of "" is for none.
func readConfig(flags *pflag.FlagSet, path string) ([]setting, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && !flags.Changed("config") {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	entries, err := conffile.Parse(path, string(text))
	if err != nil {
		return nil, &usageError{"xsweep", err}
	}
	layer := make([]setting, len(entries))
	for i, e := range entries {
		from := fmt.Sprintf("%s:%d", path, e.Line)
		if err := checkName(flags, e.Name); err != nil {
			return nil, &usageError{"xsweep", fmt.Errorf("%s: %w", from, err)}
		}
		layer[i] = setting{name: e.Name, value: e.Value, isBare: !e.HasValue, from: from}
	}
	return layer, nil
}

func checkName(flags *pflag.FlagSet, name string) error {
	switch {
	case flags.Lookup(name) == nil:
		return fmt.Errorf("unknown option %q%s", name, suggestOption(flags, name, ""))
	case !isLasting(name):
		return fmt.Errorf("option %q is for the command line only", name)
	}
	return nil
}

// isLasting tells whether an option makes sense for more than one command line.
func isLasting(name string) bool {
	return name != "config" && new(answerOptions).flags().Lookup(name) == nil
}
