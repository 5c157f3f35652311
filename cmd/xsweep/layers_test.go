package main

import (
	"slices"
	"testing"

	"github.com/spf13/pflag"
)

// TestVariablesAreOptions: the name of a variable leads back to the option, for every option.
func TestVariablesAreOptions(t *testing.T) {
	newRoot().Flags().VisitAll(func(f *pflag.Flag) {
		if got := optionName(variableName(f.Name)); got != f.Name {
			t.Errorf("--%s is %s, which is --%s", f.Name, variableName(f.Name), got)
		}
	})
}

// TestRivalsAreOptions: an option that takes the place of another is there, and so is the other.
func TestRivalsAreOptions(t *testing.T) {
	flags := newRoot().Flags()
	for _, name := range []string{"rate", "bandwidth", "target-ports", "targets-file", "log-file", "log-directory", "syslog",
		"disable-syslog"} {
		if other := rival(name); flags.Lookup(name) == nil || flags.Lookup(other) == nil || rival(other) != name {
			t.Errorf("the rival of %s is %q, and that of it %q", name, other, rival(other))
		}
	}
	if got := rival("seed"); got != "" {
		t.Errorf("rival(seed) = %q", got)
	}
}

// TestReadEnvironment: only what is for xsweep, in an order that does not change.
func TestReadEnvironment(t *testing.T) {
	environ := []string{"PATH=/bin", "XSWEEP_SEED=7", "XSWEEP_RATE=10k", "XSWEEP_NOTES=a=b", "XSWEEP_QUIET=", "XSWEEP_HELP=1",
		"XSWEEP_seed=8", "XSWEEP_TEST_AS_MAIN=1", "XSWEEP=1"}
	layer, remarks := readEnvironment(newRoot().Flags(), environ)
	want := []setting{{name: "notes", value: "a=b", from: "XSWEEP_NOTES"}, {name: "rate", value: "10k", from: "XSWEEP_RATE"},
		{name: "seed", value: "7", from: "XSWEEP_SEED"}}
	if !slices.Equal(layer, want) {
		t.Errorf("readEnvironment = %+v, want %+v", layer, want)
	}
	if got := withoutOptions(environ); !slices.Equal(got, []string{"PATH=/bin", "XSWEEP_TEST_AS_MAIN=1", "XSWEEP=1"}) {
		t.Errorf("withoutOptions leaves %q", got)
	}
	if want := []string{"XSWEEP_seed in the environment is no option: the nearest is XSWEEP_SEED"}; !slices.Equal(remarks, want) {
		t.Errorf("remarks %q, want %q", remarks, want)
	}
}
