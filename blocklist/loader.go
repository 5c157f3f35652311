package blocklist

import (
	"context"
	"errors"
	"io"
	"net/netip"
)

// ErrEmpty is for callers that want a list to have entries, as target lists must: wrap it with the path. [Loader] does
// not return it, because a blocklist may well be empty.
var ErrEmpty = errors.New("list has no entries")

// Loader reads target lists and blocklists. The zero Loader reads files and refuses host names.
//
// A list is text, UTF-8 or ASCII, with an entry a line; empty lines, CRLF line ends, a missing last line end, a UTF-8
// byte order mark and blanks around an entry are accepted, and "#" begins a comment. A gzip file, which is told by its
// first bytes, is unpacked. The path "-" is Stdin.
//
// The first bad line ends the reading with a [*ParseError] that holds the path and the line number, unless Skip is set.
// So does a file that is no text, whether Skip is set or not. Other errors name the path, and keep their cause in the
// chain. A ctx that ends stops the reading with its error, but not a read that is waiting for input.
//
// A Loader is for one goroutine.
type Loader struct {
	// Stdin is what the path "-" reads. It can be read once: a second "-" is an error. Where it is nil, so is the first.
	Stdin io.Reader

	// Lookup returns the addresses of a host name, as [net.Resolver.LookupNetIP] does. It is called by up to 32
	// goroutines at a time, once the list has been read, for each distinct name of the list once. Of what it returns,
	// IPv6 addresses are ignored. Where it is nil, host names are refused as any other text that is no address.
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)

	// Skip, where not nil, is called for each bad line, which then adds nothing: ZMap's --ignore-blocklist-errors. Lines
	// whose host name could not be looked up come after the others. All calls are made by the goroutine that called the
	// Loader.
	Skip func(*ParseError)

	// SkipIPv6, where not nil, is called instead for a line whose address is IPv6 ([ErrIPv6]). It is meant for lists of
	// what must not be probed: what cannot be probed anyway is no reason to refuse the rest of them.
	SkipIPv6 func(*ParseError)

	stdinRead bool
}

// Entry reads one entry, as it is given on a command line: all that [Parse] takes or, where Lookup is set, a host name,
// which stands for all its addresses, or host/len, which stands for the prefixes of that length that they are in. Skip
// is not called. The error is a [*ParseError] with text in it.
func (l *Loader) Entry(ctx context.Context, text string) ([]Range, error) {
	r, host, err := l.parseEntry(text)
	if err == nil && host.name == "" {
		return []Range{r}, nil
	}
	var addrs []uint32
	if err == nil {
		addrs, err = l.lookUp(ctx, host.name)
	}
	if err != nil {
		return nil, &ParseError{Text: text, Err: err}
	}
	ranges := make([]Range, len(addrs))
	for i, addr := range addrs {
		ranges[i] = prefixRange(addr, host.arg)
	}
	return ranges, nil
}

// Set reads a blocklist, or a list of targets without ports, in the syntax of ZMap's:
//
//	# a comment
//	198.18.0.0/15        # one entry a line, anything after it is ignored
//	203.0.113.7-203.0.113.9
//	scanner.example
//
// Only the first word of a line is the entry, as in ZMap; but where that would cut a range short ("a - b"), and at a
// carriage return in mid-line, which hides the lines behind it, the line is bad: a blocklist of which a part is silently
// dropped is worse than none. An entry is what [Loader.Entry] takes. A list without entries is an empty Set.
func (l *Loader) Set(ctx context.Context, path string) (*Set, error) {
	list := setList{loader: l}
	if err := l.read(ctx, path, &list); err != nil {
		return nil, err
	}
	return newFromKeys(&list.keys), nil
}

// Pairs reads a list of targets, each an address and a port. The forms may be mixed:
//
//	198.18.0.1:80                      # anything after the first word is ignored
//	198.18.0.1,80                      # so are further columns
//	scanner.example:80
//	{"saddr":"198.18.0.1","sport":80}
//
// A JSON object has the address in "ip" or else "saddr", and the port, a number or a string of one, in "port" or else
// "sport"; other keys are ignored. If the first line names two such columns ("saddr,sport"), it is the header of a CSV
// file, and skipped. Host names stand for all their addresses. A list without entries is an empty Pairs.
func (l *Loader) Pairs(ctx context.Context, path string) (*Pairs, error) {
	list := pairList{loader: l}
	if err := l.read(ctx, path, &list); err != nil {
		return nil, err
	}
	return NewPairs(list.keys.join()), nil
}
