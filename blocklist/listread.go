package blocklist

import (
	"bytes"
	"context"
	"errors"
	"io"
)

// entryList is a list that is being read: one of addresses, or one of pairs.
type entryList interface {
	// add takes the next line, with its end. Where it is bad, text is the part of it to show. A host in it is not added
	// but returned; the zero hostEntry is none.
	add(line []byte) (host hostEntry, text []byte, err error)

	// addHost takes one address of a host that add returned.
	addHost(host hostEntry, addr uint32)
}

// hostEntry is an entry with a host name, which is looked up once the list has been read.
type hostEntry struct {
	name string
	arg  int // what stands beside the name: the length of a prefix, or a port
	line int // number of the line, from 1
}

// read reads the list at path into list.
func (l *Loader) read(ctx context.Context, path string, list entryList) error {
	raw, name, err := l.open(path)
	if err != nil {
		return err
	}
	defer func() { _ = raw.Close() }() // it was only read
	text, head, err := textOf(ctx, raw)
	if isNoText(err) {
		line, _, _ := bytes.Cut(head[:min(len(head), 8)], []byte("\n")) // magic is in there; more would be noise
		return &ParseError{Name: name, Line: 1, Text: string(line), Err: err}
	}
	if err != nil {
		return describeRead(err, name)
	}
	hosts, err := l.readLines(&lineReader{buf: text}, name, list)
	if err != nil {
		return err
	}
	return l.resolve(ctx, name, hosts, list)
}

// readLines reads the lines of the list called name into list, and returns the entries with host names.
func (l *Loader) readLines(lines *lineReader, name string, list entryList) ([]hostEntry, error) {
	var hosts []hostEntry
	for {
		var host hostEntry
		line, err := lines.next()
		text := line
		switch {
		case errors.Is(err, io.EOF):
			return hosts, nil
		case errors.Is(err, errLineTooLong):
			if bytes.IndexByte(line, 0) >= 0 {
				err = errBinary
			}
		case err != nil:
			return nil, describeRead(err, name)
		default:
			host, text, err = list.add(line)
		}
		if err != nil {
			bad := &ParseError{Name: name, Line: lines.number, Text: string(text), Err: err}
			skip := l.skipFor(err)
			if skip == nil {
				return nil, bad
			}
			skip(bad)
		} else if host.name != "" {
			host.line = lines.number
			hosts = append(hosts, host)
		}
	}
}

// skipFor returns what is to be called for a line that is skipped because of err, or nil where it ends the reading.
func (l *Loader) skipFor(err error) func(*ParseError) {
	switch {
	case isNoText(err):
		return nil
	case l.SkipIPv6 != nil && errors.Is(err, ErrIPv6):
		return l.SkipIPv6
	}
	return l.Skip
}

// isNoText reports whether err says that a file is no text, so that no line of it is worth a look.
func isNoText(err error) bool {
	return errors.Is(err, errBinary) || errors.Is(err, errUTF16) || errors.Is(err, errCompression)
}
