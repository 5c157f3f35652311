package blocklist

import (
	"strconv"
	"unicode/utf8"
)

// ParseError is a text that is no entry of a list, and where it was found.
//
// Its message is one line of printable characters, whatever was read: Text is quoted, and cut where it is long.
//
//	block.conf:12: "10.0.0.0/33": prefix length must be 0 to 32
type ParseError struct {
	Name string // path of the file, or "stdin"; empty when the text came from elsewhere
	Line int    // line number from 1; 0 when the text is not from a file
	Text string // the entry at fault, or the start of the line when the whole line is at fault
	Err  error  // what is wrong with it and what was expected
}

func (e *ParseError) Error() string {
	at := ""
	if e.Line > 0 {
		at = e.Name + ":" + strconv.Itoa(e.Line) + ": "
	}
	return at + quote(e.Text) + ": " + e.Err.Error()
}

// Unwrap returns e.Err, so that errors.Is finds [ErrIPv6].
func (e *ParseError) Unwrap() error { return e.Err }

// quoteMax is how many bytes of a text a message shows: more than any valid entry has, and less than a line.
const quoteMax = 48

// quote makes text fit for one line on a terminal: control bytes, invalid UTF-8 and invisible characters are escaped,
// and long text is cut between characters.
func quote(text string) string {
	if len(text) <= quoteMax {
		return strconv.Quote(text)
	}
	end := quoteMax
	for end > quoteMax-utf8.UTFMax && !utf8.RuneStart(text[end]) {
		end--
	}
	return strconv.Quote(text[:end]) + "..."
}
