package conffile

import (
	"errors"
	"fmt"
	"strings"
)

// Entry is an option that a file sets.
type Entry struct {
	Name     string
	Value    string // without its quotes
	HasValue bool   // false for a bare name, true for name ""
	Line     int    // from 1
}

// Parse reads the text of the file called name. An error says "name:line: what".
func Parse(name, text string) ([]Entry, error) {
	var entries []Entry
	number := 0
	for line := range strings.Lines(text) {
		number++
		e, err := parseLine(strings.Trim(line, blanks))
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, number, err)
		}
		if e.Name != "" {
			e.Line = number
			entries = append(entries, e)
		}
	}
	return entries, nil
}

const blanks = " \t\r\n"

// parseLine returns no name for a line without an option.
func parseLine(line string) (Entry, error) {
	if line == "" || line[0] == '#' {
		return Entry{}, nil
	}
	end := strings.IndexAny(line, blanks+"=")
	if end < 0 {
		return Entry{Name: line}, nil
	}
	e := Entry{Name: line[:end]}
	if e.Name == "" {
		return Entry{}, errors.New("no name before the =")
	}
	rest := strings.TrimLeft(line[end:], blanks)
	rest, hasEqual := strings.CutPrefix(rest, "=")
	rest = strings.TrimLeft(rest, blanks)
	if !hasEqual && strings.HasPrefix(rest, "#") {
		return e, nil
	}
	var err error
	e.HasValue = true
	e.Value, rest, err = cutValue(rest)
	if err != nil {
		return Entry{}, err
	}
	if rest = strings.TrimLeft(rest, blanks); rest != "" && rest[0] != '#' {
		return Entry{}, fmt.Errorf("%q after the value: a value with blanks or quotes needs quotes around it", rest)
	}
	return e, nil
}

// cutValue takes a value off the beginning of text: what is between quotes, or what there is before a blank, a quote or
// a remark.
func cutValue(text string) (value, rest string, err error) {
	if text != "" && (text[0] == '"' || text[0] == '\'') {
		value, rest, closed := strings.Cut(text[1:], text[:1])
		if !closed {
			return "", "", fmt.Errorf("no %s at the end of %s", text[:1], text)
		}
		return value, rest, nil
	}
	end := strings.IndexAny(text, blanks+`#"'`)
	if end < 0 {
		end = len(text)
	}
	return text[:end], text[end:], nil
}
