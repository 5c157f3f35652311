package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

const zmapHelp = `Where xsweep differs from ZMap on purpose. Everything else is meant to be the same: replace zmap by xsweep in a command
line, and it does the same.

%s
ZMap's other programs are commands here, with their options: ziterate is 'xsweep iterate', zblocklist is 'xsweep
blocklist'. What ztee is for needs no program: -o may be given several times, and the status of a scan is on standard
error.

Options that only command lines written for ZMap have are listed by 'xsweep --help'. docs/zmap.md in the source has
a row for each option of ZMap 4.`

// newZMapHelp is a topic of `xsweep help`, not a command.
func newZMapHelp() *cobra.Command {
	return &cobra.Command{
		Use:   "zmap",
		Short: "where xsweep differs from ZMap",
		Long:  fmt.Sprintf(zmapHelp, diffTable(zmapDiffs())),
	}
}

// The widths of the columns; with the blanks between them a line has 100.
const (
	topicWidth = 24
	zmapWidth  = 30
	ourWidth   = 42
)

// diffTable sets the differences in three columns.
func diffTable(diffs []zmapDiff) string {
	var b strings.Builder
	row := func(topic, zmap, ours string) {
		line := fmt.Sprintf("%-*s  %-*s  %s", topicWidth, topic, zmapWidth, zmap, ours)
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	row("", "ZMap", "xsweep")
	for _, d := range diffs {
		topic, zmap, ours := wrapped(d.topic, topicWidth), wrapped(d.zmap, zmapWidth), wrapped(d.xsweep, ourWidth)
		for i := range max(len(topic), len(zmap), len(ours)) {
			row(lineOf(topic, i), lineOf(zmap, i), lineOf(ours, i))
		}
	}
	return b.String()
}

// wrapped breaks text into lines of at most width bytes, where the words let it.
func wrapped(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case len(line)+1+len(word) <= width:
			line += " " + word
		default:
			lines, line = append(lines, line), word
		}
	}
	return append(lines, line)
}

func lineOf(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return ""
}
