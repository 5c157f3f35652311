package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// manSections are what the options do not tell.
var manSections = []struct{ title, text string }{
	{"CONFIGURATION", `An option comes from the command line, else from the environment, else from a configuration file, else it has
its default. Values are not joined: --blocklist-file on the command line takes the place of the files that a configuration names.

A configuration file has an option a line, by its long name without dashes, and its value behind blanks or =, in single or
double quotes where it has blanks: rate 10k, blocklist-file "/etc/xsweep/blocklist.conf", quiet. What follows # is a remark.
ZMap's files are of this kind.

In the environment the option --max-targets is XSWEEP_MAX_TARGETS, and so with the others. An empty variable is none.

What is there instead of a scan is for the command line alone. The commands demo, bench, iterate, blocklist and resume read neither file nor environment.`},
	{"FILES", defaultConfig + ` is read where it exists and --config names no other. --config "" reads none.

The FILE of --checkpoint is for its owner alone: it has the key by which answers are told from forged ones. FILE.seen beside it
remembers what has answered, 8 bytes for each, and is removed when the scan is complete; both have to stay together. FILE is
written as FILE.partial and then renamed. No other file of the scan can have one of these names.`},
	{"EXIT STATUS", `0: done, or ended in good order by a limit or a first SIGINT.

1: failed.

2: the command line or the configuration is wrong; nothing was sent.`},
	{"SIGNALS", `SIGINT, SIGTERM: send no more, wait for answers on their way, and end; a second one ends once what was found is written. That may take for ever, where a pipe is not read or a file server does not answer: one more, 5 seconds after the second or later, ends without it, with a line that says what may be incomplete and exit status 1. With --checkpoint, a scan that was ended in either way can be gone on with.

SIGHUP: read the blocklist files again and leave out what they have now, besides what was left out before. Without any, as
SIGTERM.

SIGUSR1, SIGUSR2: send 5 % faster, or 5 % slower.`},
}

// manPage is the manual page of the scan command. cobra's own generator (cobra/doc) sorts the options by name instead of
// by purpose, leaves out their units, and brings three modules along.
func manPage(cmd *cobra.Command, groups []flagGroup) string {
	var b strings.Builder
	b.WriteString(".\\\" Made from cmd/xsweep by make docs: do not edit.\n.TH XSWEEP 1 \"\" xsweep\n")
	section := func(title, text string) { fmt.Fprintf(&b, ".SH %s\n%s", title, roffText(text)) }
	section("NAME", "xsweep - "+cmd.Short)
	section("SYNOPSIS", cmd.UseLine()+"\n\n"+"xsweep COMMAND [options]")
	section("DESCRIPTION", cmd.Long)
	b.WriteString(".SH COMMANDS\n")
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			fmt.Fprintf(&b, ".TP\n.B xsweep %s\n%s", c.Name(), roffText(c.Short))
		}
	}
	b.WriteString(".SH OPTIONS\n")
	for _, g := range groups {
		fmt.Fprintf(&b, ".SS %s\n", g.title)
		g.flags.VisitAll(func(f *pflag.Flag) { b.WriteString(roffFlag(f)) })
	}
	for _, s := range manSections {
		section(s.title, s.text)
	}
	fmt.Fprintf(&b, ".SH EXAMPLES\n.nf\n%s.fi\n", roffText(cmd.Example))
	section("SEE ALSO", "zmap(1), zgrab2(1), ip(8), bpftool(8)")
	return b.String()
}

func roffFlag(f *pflag.Flag) string {
	unit, usage := pflag.UnquoteUsage(f)
	name := `\fB` + roffEscaper.Replace("--"+f.Name) + `\fR`
	if f.Shorthand != "" {
		name = `\fB` + roffEscaper.Replace("-"+f.Shorthand) + `\fR, ` + name
	}
	if unit != "" {
		name += ` \fI` + roffEscaper.Replace(unit) + `\fR`
	}
	if !slices.Contains([]string{"", "0", "false", "[]"}, f.DefValue) {
		usage += " (default " + f.DefValue + ")"
	}
	return ".TP\n" + name + "\n" + roffText(usage)
}

var roffEscaper = strings.NewReplacer(`\`, `\e`, "-", `\-`)

// roffText is text in paragraphs, with an empty line between them.
func roffText(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		line = roffEscaper.Replace(strings.TrimSuffix(line, "\n"))
		switch {
		case line == "":
			line = ".PP"
		case strings.ContainsAny(line[:1], ".'"):
			line = `\&` + line // it is text, and not a request
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

// TestManPageHasSignals: every signal that is handled is in the manual.
func TestManPageHasSignals(t *testing.T) {
	var o options
	page := manPage(newCommand(&o), o.groups)
	for _, name := range []string{"SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"} {
		if !strings.Contains(page, name) {
			t.Errorf("the manual page does not name %s", name)
		}
	}
}
