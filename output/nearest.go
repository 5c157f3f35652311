package output

import "strings"

// Nearest returns the one of names that somebody who typed name most likely meant: one that contains it (mss for
// tcpopt_mss), else the one the fewest single-letter edits away. Of equals it takes the first; names is not
// empty.
func Nearest(name string, names []string) string {
	name = strings.ToLower(name)
	if len(name) > 2 { // shorter ones are contained in names they have nothing to do with
		for _, n := range names {
			if strings.Contains(n, name) {
				return n
			}
		}
	}
	best, fewest := names[0], edits(name, names[0])
	for _, n := range names[1:] {
		if e := edits(name, n); e < fewest {
			best, fewest = n, e
		}
	}
	return best
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
