package main

import (
	"github.com/spf13/pflag"

	"github.com/xsweep/xsweep/output"
)

// answerOptions are flags that ask a question in place of a scan. They are of the command line alone: no file or
// environment turns a scan into an answer.
type answerOptions struct {
	listProbes  bool
	listOutputs bool
	listFields  bool
	echo        bool
}

func (o *answerOptions) flags() *pflag.FlagSet {
	f := newFlagSet()
	f.BoolP("help", "h", false, "print this help")
	f.BoolP("version", "V", false, "print the version")
	f.BoolVar(&o.echo, "echo", false, "print the options in effect as a configuration file, and where they are from")
	f.BoolVar(&o.listProbes, "list-probe-modules", false, "print the names of the probe modules")
	f.BoolVar(&o.listOutputs, "list-output-modules", false, "print the names of the output modules")
	f.BoolVar(&o.listFields, "list-output-fields", false, "print the fields of the output: name, type, meaning")
	return f
}

// answer returns the list that is asked for, empty for none.
func (o *answerOptions) answer() (text string) {
	switch {
	case o.listProbes:
		return synScan + "\n"
	case o.listOutputs:
		for f := output.CSV; f <= output.Parquet; f++ {
			text += f.String() + "\n"
		}
	case o.listFields:
		return output.FieldList()
	}
	return text
}
