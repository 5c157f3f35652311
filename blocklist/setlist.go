package blocklist

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

var (
	errBlankRange = errors.New("blanks in a range; want first-last with none")
	errNotTarget  = fmt.Errorf("%w; or a host name", errNotEntry)
)

// setList is a list of addresses, prefixes, ranges and host names.
type setList struct {
	loader *Loader
	keys   keyList // of rangeKey
}

func (s *setList) add(line []byte) (host hostEntry, text []byte, err error) {
	r, ok := plainEntry(line)
	if !ok {
		text, err = entryOf(line)
		if err != nil || len(text) == 0 {
			return hostEntry{}, text, err
		}
		r, host, err = s.loader.parseEntry(string(text))
		if err != nil || host.name != "" {
			return host, text, err
		}
	}
	s.keys.add(rangeKey(r))
	return hostEntry{}, nil, nil
}

func (s *setList) addHost(host hostEntry, addr uint32) {
	s.keys.add(rangeKey(prefixRange(addr, host.arg)))
}

// entryOf returns the first word of a line, or nothing where the line has none. With an error it returns the part of
// the line to show.
func entryOf(line []byte) ([]byte, error) {
	line, err := trimLine(line)
	if err != nil {
		return line, err
	}
	line = uncomment(line)
	word, rest := firstWord(line)
	if isBlankRange(rest) {
		return line, errBlankRange
	}
	return word, nil
}

// isBlankRange reports whether rest, the words after the first, is the second half of a range, "- b" or "-b", and not
// a remark such as "- lab network".
func isBlankRange(rest []byte) bool {
	half, ok := bytes.CutPrefix(rest, []byte("-"))
	words := bytes.Fields(half)
	if !ok || len(words) == 0 {
		return false
	}
	_, err := parse(string(words[0]))
	return err == nil
}

// parseEntry reads an entry that is all that [Parse] takes, or a host with or without the length of a prefix. The error
// is the bare cause, as that of parse.
func (l *Loader) parseEntry(text string) (Range, hostEntry, error) {
	r, err := parse(text)
	if err == nil || l.Lookup == nil {
		return r, hostEntry{}, err
	}
	name, length, hasLength := strings.Cut(text, "/")
	if !isHostName(name) {
		if errors.Is(err, errNotEntry) {
			err = errNotTarget
		}
		return Range{}, hostEntry{}, err
	}
	host := hostEntry{name: name, arg: 32}
	if hasLength {
		host.arg, err = parsePrefixLength(length)
		return Range{}, host, err
	}
	return Range{}, host, nil
}
