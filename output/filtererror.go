package output

import (
	"fmt"
	"unicode/utf8"
)

// FilterError says what is wrong with the text of a filter, and where.
type FilterError struct {
	Text    string // the whole filter
	Pos     int    // byte of Text where the problem begins, from 0; len(Text) if something is missing at the end
	Problem string // on one line
	Err     error  // ErrUnknownField where that is the problem, else nil
}

// Error is one line that counts characters from 1.
func (e *FilterError) Error() string {
	return fmt.Sprintf("column %d: %s", utf8.RuneCountInString(e.Text[:e.Pos])+1, e.Problem)
}

// Unwrap returns Err.
func (e *FilterError) Unwrap() error { return e.Err }
