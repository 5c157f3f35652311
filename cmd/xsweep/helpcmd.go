package main

import "github.com/spf13/cobra"

// newHelp is `xsweep help COMMAND`. cobra's own one takes a name that it does not know for none.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:                   "help [COMMAND]",
		Short:                 "print the help of a command",
		Long:                  "Print the help of a command, or of a scan without one; 'xsweep help zmap' tells where xsweep differs from ZMap.",
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			about, rest, err := root.Find(args)
			if err != nil {
				return usagef(root, "%w", err)
			}
			if len(rest) == 0 {
				about.InitDefaultHelpFlag() // or it would not be among the options
				return about.Help()
			}
			if about != root {
				return usagef(root, "help takes the name of a command, and %q is none of %s", rest[0], about.CommandPath())
			}
			return usagef(root, "help: %q is not a command%s", rest[0], nearestCommand(root, rest[0]))
		},
	}
}

// nearestCommand goes behind a name that is no command, and names the one that was meant, if there is one like it.
func nearestCommand(root *cobra.Command, name string) string {
	root.SuggestionsMinimumDistance = 2
	if near := root.SuggestionsFor(name); len(near) > 0 {
		return ": the nearest is " + near[0]
	}
	return ""
}
