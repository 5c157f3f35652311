package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

const zmapDocHead = `<!-- Made from cmd/xsweep/zmapoptions_test.go and the flags by make docs: do not edit. -->

# xsweep for ZMap users

Write xsweep where a command line has zmap. This page says, for each option of ZMap 4.3 and 4.4, what it does here:

- **same**: the same.
- **same name, better**: a command line written for ZMap works; what is better is said.
- **not yet**: the option is known, and what it asks for beyond what is said here is an error that says so.
- **refused**: using it is an error, for the reason given.

ziterate is 'xsweep iterate', zblocklist is 'xsweep blocklist'. Options cannot be shortened (--max-t for --max-targets): the
error has the full name.
`

// zmapDoc is docs/zmap.md.
func zmapDoc(groups []flagGroup) string {
	var b strings.Builder
	b.WriteString(zmapDocHead)
	for _, section := range zmapOptionTable {
		fmt.Fprintf(&b, "\n## %s\n\n| option | default of ZMap | here | how, or why |\n|---|---|---|---|\n", section.title)
		for _, z := range section.options {
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", z.spelling(), quoted(z.def), z.verdict, z.how)
		}
	}
	b.WriteString("\n## Where they differ on purpose\n\n`xsweep help zmap` prints this table.\n\n| | ZMap | xsweep |\n|---|---|---|\n")
	for _, d := range zmapDiffs() {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", cell(d.topic), cell(d.zmap), cell(d.xsweep))
	}
	b.WriteString("\n## Options that ZMap does not have\n\n| option | |\n|---|---|\n")
	for _, g := range groups {
		g.flags.VisitAll(func(f *pflag.Flag) {
			if _, ok := findZMapOption(f.Name); !ok {
				unit, usage := pflag.UnquoteUsage(f)
				fmt.Fprintf(&b, "| `%s` | %s |\n", strings.TrimSpace("--"+f.Name+" "+unit), cell(usage))
			}
		})
	}
	return b.String()
}

func (z zmapOption) spelling() string {
	text := "`--" + z.long + "`"
	if z.short != "" {
		text = "`-" + z.short + "` " + text
	}
	if z.arg != "" {
		text += " " + z.arg
	}
	return text
}

func quoted(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}

// cell keeps what is not markup from being taken for it.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "*", `\*`, "<", `\<`).Replace(text)
}

func findZMapOption(long string) (zmapOption, bool) {
	for _, section := range zmapOptionTable {
		i := slices.IndexFunc(section.options, func(z zmapOption) bool { return z.long == long })
		if i >= 0 {
			return section.options[i], true
		}
	}
	return zmapOption{}, false
}

// TestZMapOptions holds the flags against the table: names long and short, whether they take a value, and the default
// where the option is said to be the same.
func TestZMapOptions(t *testing.T) {
	flags, count := newRoot().Flags(), 0
	for _, section := range zmapOptionTable {
		for _, z := range section.options {
			count++
			f := flags.Lookup(z.long)
			if f == nil {
				t.Errorf("there is no --%s", z.long)
				continue
			}
			if f.Shorthand != z.short {
				t.Errorf("--%s is -%s, and -%s in ZMap", z.long, f.Shorthand, z.short)
			}
			if takesValue := f.NoOptDefVal == ""; takesValue != (z.arg != "") {
				t.Errorf("--%s takes a value: %v, and the other way round in ZMap", z.long, takesValue)
			}
			if z.arg != "" && z.verdict == same && f.DefValue != z.def {
				t.Errorf("--%s is %q by default, and %q in ZMap", z.long, f.DefValue, z.def)
			}
			if !slices.Contains([]string{same, better, notYet, refused}, z.verdict) || z.verdict != same && z.how == "" {
				t.Errorf("--%s is %q without a reason", z.long, z.verdict)
			}
		}
	}
	if count != 57 {
		t.Errorf("%d options, and ZMap has 57", count)
	}
}

// TestNoOtherShorthands: a letter that ZMap may come to use one day is not taken for something else.
func TestNoOtherShorthands(t *testing.T) {
	newRoot().Flags().VisitAll(func(f *pflag.Flag) {
		if _, ok := findZMapOption(f.Name); !ok && f.Shorthand != "" {
			t.Errorf("--%s is -%s, and not an option of ZMap's", f.Name, f.Shorthand)
		}
	})
}
