package output

import (
	"math"
	"slices"
	"strings"
)

// comparison is true where a field has one of some values. Each of ZMap's operators is that: a number less than 5 is
// one from 0 to 4.
type comparison struct {
	get   func(*Record) value
	spans []span   // the values, where they are numbers, bools or addresses
	words []string // the values, where they are text
	not   bool     // true where the field has none of them instead, and thus where it is null
	text  string
}

// span is the numbers from first to last, both included.
type span struct{ first, last uint64 }

// newComparison compares f, by an operator of the grammar, with one operand or, if that is in, with several.
func newComparison(f Field, op string, list []operand) *comparison {
	if op == "==" {
		op = "="
	}
	c := &comparison{get: f.get, not: op == "!="}
	texts := make([]string, len(list))
	for i, o := range list {
		texts[i] = o.text
		if f.kind.isText() {
			c.words = append(c.words, o.word)
		} else {
			c.spans = append(c.spans, spansOf(op, o.span)...)
		}
	}
	c.text = strings.Join(texts, ", ")
	if op == "in" {
		c.text = "(" + c.text + ")"
	}
	c.text = f.Name + " " + op + " " + c.text
	return c
}

// spansOf returns the numbers that stand in the relation op to the operand o, or, for !=, that do not; o is a single
// number, or else op is in.
func spansOf(op string, o span) []span {
	n := o.first
	switch {
	case op == "<=":
		return []span{{0, n}}
	case op == ">=":
		return []span{{n, math.MaxUint64}}
	case op == "<" && n > 0:
		return []span{{0, n - 1}}
	case op == ">" && n < math.MaxUint64:
		return []span{{n + 1, math.MaxUint64}}
	case op == "<" || op == ">":
		return nil
	}
	return []span{o}
}

func (c *comparison) holds(r *Record) bool {
	v := c.get(r)
	return c.has(&v, r) != c.not
}

func (c *comparison) has(v *value, r *Record) bool {
	switch v.kind {
	case null:
		return false
	case text:
		return slices.Contains(c.words, v.s)
	case fingerprint:
		var room [longestValue]byte
		is := r.appendJA4(room[:0])
		return slices.ContainsFunc(c.words, func(w string) bool { return w == string(is) })
	}
	for _, s := range c.spans {
		if s.first <= v.n && v.n <= s.last {
			return true
		}
	}
	return false
}

func (c *comparison) String() string { return c.text }
