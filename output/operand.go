package output

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

// operand is what a filter compares a field with.
type operand struct {
	span span   // a number, or an address, or the addresses of a network
	word string // instead, where the field is text
	text string // reads as the operand itself
}

// operand reads an operand that can be compared with f.
func (p *filterParser) operand(f Field) (operand, error) {
	t := p.take()
	switch f.kind {
	case address:
		return p.addresses(f, t)
	case text, fingerprint:
		return p.word(f, t)
	}
	return p.number(f, t)
}

func (p *filterParser) number(f Field, t token) (operand, error) {
	n, err := strconv.ParseUint(t.text, 10, 64)
	switch {
	case t.kind == bareToken && errors.Is(err, strconv.ErrRange):
		return operand{}, p.fail(t, "%s is more than 64 bits", t.text)
	case t.kind == bareToken && err == nil:
		return operand{span: span{n, n}, text: strconv.FormatUint(n, 10)}, nil
	case f.kind == boolean:
		return operand{}, p.fail(t, "%q is a bool: want 1 or 0, found %v", f.Name, t)
	}
	return operand{}, p.fail(t, "%q is a number: want digits, found %v", f.Name, t)
}

// addresses reads an address or a network, of which any address may be given: 198.18.3.4/15 is 198.18.0.0/15.
func (p *filterParser) addresses(f Field, t token) (operand, error) {
	s := t.text
	if !strings.Contains(s, "/") {
		s += "/32"
	}
	network, err := netip.ParsePrefix(s)
	if err != nil || !network.Addr().Is4() {
		return operand{}, p.fail(t, "%q is an address: %v is neither an IPv4 address nor a network", f.Name, t)
	}
	network = network.Masked()
	first := network.Addr().As4()
	o := operand{text: network.String()}
	o.span.first = uint64(binary.BigEndian.Uint32(first[:]))
	o.span.last = o.span.first | (1<<(32-network.Bits()) - 1)
	if o.span.first == o.span.last {
		o.text = network.Addr().String()
	}
	return o, nil
}

// word reads text. Without quotes it is one of ZMap's words, which begin with a letter.
func (p *filterParser) word(f Field, t token) (operand, error) {
	switch {
	case t.kind != bareToken && t.kind != quotedToken:
		return operand{}, p.fail(t, "%q is a string: want a word, or text in quotes, found %v", f.Name, t)
	case t.kind == bareToken && (t.text[0] < 'A' || strings.ContainsAny(t.text, "./")): // digits are below the letters
		return operand{}, p.fail(t, "%q is a string: put %v in quotes", f.Name, t)
	}
	return operand{word: t.text, text: quote(t.text)}, nil
}

// quote puts s in quotes. Text that was in quotes has at least one kind of them that it does not have inside.
func quote(s string) string {
	if strings.Contains(s, `"`) {
		return "'" + s + "'"
	}
	return `"` + s + `"`
}
