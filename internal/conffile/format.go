package conffile

import "strings"

// Format writes the line that Parse reads e from. It reports false for a value that no line can hold: there is no way to
// write a line break, or both kinds of quotes.
func Format(e Entry) (line string, ok bool) {
	if !e.HasValue {
		return e.Name, true
	}
	quote := `"`
	if strings.Contains(e.Value, quote) {
		quote = "'"
	}
	if strings.ContainsAny(e.Value, quote+"\r\n") {
		return "", false
	}
	return e.Name + " " + quote + e.Value + quote, true
}
