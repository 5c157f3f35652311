package output

import "strings"

// condition is a part of a Filter that is true or false of a record. Its text reads as itself.
type condition interface {
	holds(r *Record) bool
	String() string
}

// allOf is the conjunction of two or more conditions.
type allOf []condition

func (c allOf) holds(r *Record) bool {
	for _, part := range c {
		if !part.holds(r) {
			return false
		}
	}
	return true
}

func (c allOf) String() string { return joinConditions(c, " && ") }

// anyOf is the disjunction of two or more conditions.
type anyOf []condition

func (c anyOf) holds(r *Record) bool {
	for _, part := range c {
		if part.holds(r) {
			return true
		}
	}
	return false
}

func (c anyOf) String() string { return joinConditions(c, " || ") }

func joinConditions(parts []condition, sep string) string {
	texts := make([]string, len(parts))
	for i, part := range parts {
		texts[i] = part.String()
		switch part.(type) {
		case allOf, anyOf:
			texts[i] = "(" + texts[i] + ")"
		}
	}
	return strings.Join(texts, sep)
}

// negation is true where its condition is false.
type negation struct{ condition }

func (c negation) holds(r *Record) bool { return !c.condition.holds(r) }

func (c negation) String() string { return "!(" + c.condition.String() + ")" }
