package blocklist

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
)

// maxLookups is how many host names are looked up at a time.
const maxLookups = 32

// ErrUnresolved is what errors are of an entry that is right, but whose host name has no address now, or that no name server
// answers for. They wrap what the Lookup of a Loader returned, too.
var ErrUnresolved = errors.New("host name is not resolved")

var errNoIPv4 = fmt.Errorf("%w: it has no IPv4 address", ErrUnresolved)

// resolve looks up the hosts of the list called name and adds their addresses to it, in the order of the lines.
func (l *Loader) resolve(ctx context.Context, name string, hosts []hostEntry, list entryList) error {
	found, err := l.lookUpAll(ctx, name, hosts)
	if err != nil {
		return err
	}
	for _, host := range hosts {
		answer := found[hostKey(host)]
		if answer.err != nil {
			l.Skip(hostError(name, host, answer.err))
		}
		for _, addr := range answer.addrs {
			list.addHost(host, addr)
		}
	}
	return nil
}

// answer is what has come of a look-up.
type answer struct {
	addrs []uint32
	err   error
}

// lookUpAll returns the answers for all hosts by their hostKey. Where Skip is nil the first look-up to fail stops the
// others, and its error is returned.
func (l *Loader) lookUpAll(ctx context.Context, name string, hosts []hostEntry) (map[string]*answer, error) {
	answers := make(map[string]*answer)
	var distinct []hostEntry
	for _, host := range hosts {
		if key := hostKey(host); answers[key] == nil {
			answers[key] = new(answer)
			distinct = append(distinct, host)
		}
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var next atomic.Int64 // index of the host that the next free goroutine looks up
	var group sync.WaitGroup
	for range min(maxLookups, len(distinct)) {
		group.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(distinct)) && ctx.Err() == nil; i = next.Add(1) - 1 {
				host := distinct[i]
				a := answers[hostKey(host)] // a read: the map is complete
				if a.addrs, a.err = l.lookUp(ctx, host.name); a.err != nil && l.Skip == nil {
					stop(hostError(name, host, a.err)) // of several calls the first counts
				}
			}
		})
	}
	group.Wait()
	return answers, context.Cause(ctx)
}

// hostKey is equal for names that are the same host.
func hostKey(host hostEntry) string { return strings.ToLower(host.name) }

func hostError(name string, host hostEntry, err error) *ParseError {
	return &ParseError{Name: name, Line: host.line, Text: host.name, Err: err}
}

// lookUp returns the IPv4 addresses of a host, of which there is at least one.
func (l *Loader) lookUp(ctx context.Context, host string) ([]uint32, error) {
	found, err := l.Lookup(ctx, host)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnresolved, err)
	}
	var addrs []uint32
	for _, addr := range found {
		if v, ok := FromAddr(addr); ok {
			addrs = append(addrs, v)
		}
	}
	if len(addrs) == 0 {
		return nil, errNoIPv4
	}
	return addrs, nil
}
