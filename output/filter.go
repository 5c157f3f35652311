package output

import "fmt"

// Filter decides which records become rows. It is ZMap's --output-filter with more to say:
//
//	filter     = [ either ]                                  empty: every record
//	either     = both { ( "||" | "or" ) both }
//	both       = test { ( "&&" | "and" ) test }              binds tighter than ||
//	test       = comparison | ( "!" | "not" ) test | "(" either ")"
//	comparison = FIELD ( "=" | "==" | "!=" | "<" | ">" | "<=" | ">=" ) NUMBER
//	           | FIELD ( "=" | "==" | "!=" ) ( WORD | QUOTED | ADDRESS )
//	           | FIELD "in" ( operand | "(" operand { "," operand } ")" )
//	           | FIELD                                       a bool: the same as FIELD = 1
//	operand    = NUMBER | WORD | QUOTED | ADDRESS | ADDRESS "/" LENGTH
//
// A number is decimal and of 64 bits, and goes with a field of type int or bool. A word of letters, digits, - and _ that
// begins with a letter, or anything in single or double quotes, goes with a string. The fields saddr, daddr and
// icmp_responder are strings that hold an address: they take addresses and, after in, networks, with quotes or without.
// No word is reserved: classification = in is a comparison.
//
// # Null
//
// A null field equals nothing and is neither more nor less than anything: every comparison with it is false, and so is
// in. As != is the opposite of =, and ! of what follows it, those are true then: icmp_type != 3 keeps every SYN-ACK.
// ZMap takes an absent number for 0, so that tcpopt_mss < 536 keeps those without an MSS there, and here does not:
// !(tcpopt_mss >= 536) does. With a word, ZMap crashes on null.
//
// # What cannot be compared
//
// timestamp_str and rtt are text for people: timestamp_ts and timestamp_us are for filters. engine, scan_id, shard
// and ja4t are the same in every row of a scan that has them. A ja4ts goes in quotes.
//
// The zero Filter keeps everything. A Filter does not change: goroutines may share it.
type Filter struct {
	root condition // nil: everything
}

// maxFilterText bounds how deep the parentheses of a filter can be nested, and with them the stack that it takes.
const maxFilterText = 64 << 10

// ParseFilter reads a filter of up to 64 KiB. An error is a *FilterError.
func ParseFilter(text string) (*Filter, error) {
	if len(text) > maxFilterText {
		return nil, &FilterError{Text: text, Problem: fmt.Sprintf("%d bytes of filter: the most is %d",
			len(text), maxFilterText)}
	}
	tokens, err := scanFilter(text)
	if err != nil {
		return nil, err
	}
	p := filterParser{text: text, tokens: tokens, fields: Fields()}
	root, err := p.filter()
	if err != nil {
		return nil, err
	}
	return &Filter{root}, nil
}

// Match tells whether r becomes a row. It does not allocate, and is meant for Config.Only.
func (f *Filter) Match(r *Record) bool { return f.root == nil || f.root.holds(r) }

// String returns a filter that is the same, written in one way only: a bare field is compared with 1, strings are in
// double quotes if they can be, and every part that has parts is in parentheses. It can be longer than what it was
// read from, and ParseFilter takes it up to the same length.
func (f *Filter) String() string {
	if f.root == nil {
		return ""
	}
	return f.root.String()
}
