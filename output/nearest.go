package output

import (
	"fmt"
	"strings"
)

// Nearest returns the one of names that somebody who typed name most likely meant, or "" where none is near: one that
// contains it (mss for tcpopt_mss), else the one the fewest single-letter edits away, if these are no more than a third of
// the letters. Of equals it takes the first.
func Nearest(name string, names []string) string {
	name = strings.ToLower(name)
	if len(name) > 2 { // shorter ones are contained in names they have nothing to do with
		for _, n := range names {
			if strings.Contains(n, name) {
				return n
			}
		}
	}
	best, fewest := "", len(name)+1
	for _, n := range names {
		if e := edits(name, n); e < fewest && e <= max(len(name), len(n))/3 {
			best, fewest = n, e
		}
	}
	return best
}

// nearestText goes behind a name that is unknown: it names the nearest, if any is near.
func nearestText(name string, names []string) string {
	if n := Nearest(name, names); n != "" {
		return fmt.Sprintf(": the nearest is %q", n)
	}
	return ""
}

// edits is the Levenshtein distance: how many bytes have to be inserted, removed or replaced to make b of a.
func edits(a, b string) int {
	row := make([]int, len(b)+1) // row[j]: distance from the part of a seen so far to b[:j]
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0] // the row above, one to the left
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, diagonal+1, row[j]+1)
		}
	}
	return row[len(b)]
}
