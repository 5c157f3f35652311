package main

import (
	"strings"
	"unicode/utf8"
)

// table is text in rows and columns, with a line below it where there is something to say of it.
type table struct {
	header []string
	rows   [][]string
	note   string
}

// textTable aligns columns by blanks: the first and the last to the left, others to the right.
func textTable(t table) string {
	width := make([]int, len(t.header))
	all := append([][]string{t.header}, t.rows...)
	for _, row := range all {
		for i, cell := range row {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, row := range all {
		var line strings.Builder
		for i, cell := range row {
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
			if i == 0 || i == len(row)-1 {
				line.WriteString("  " + cell + pad)
			} else {
				line.WriteString("  " + pad + cell)
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	if t.note != "" {
		b.WriteString("\n  " + t.note + "\n")
	}
	return b.String()
}

// markdownTable is a table of GitHub's Markdown.
func markdownTable(t table) string {
	var b strings.Builder
	line := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	line(t.header)
	b.WriteString(strings.Repeat("|---", len(t.header)) + "|\n")
	for _, row := range t.rows {
		line(row)
	}
	if t.note != "" {
		b.WriteString("\n" + t.note + "\n")
	}
	return b.String()
}
