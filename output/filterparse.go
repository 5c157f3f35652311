package output

import (
	"fmt"
	"strings"
)

// filterParser reads the grammar of Filter by recursive descent: a method for each rule.
type filterParser struct {
	text   string
	tokens []token // those not read yet; never empty, for the end is not taken off
	fields []Field
}

func (p *filterParser) next() token { return p.tokens[0] }

func (p *filterParser) take() token {
	t := p.tokens[0]
	if t.kind != endToken {
		p.tokens = p.tokens[1:]
	}
	return t
}

// fail returns an error at t.
func (p *filterParser) fail(t token, format string, args ...any) error {
	return &FilterError{Text: p.text, Pos: t.pos, Problem: fmt.Sprintf(format, args...)}
}

func (p *filterParser) filter() (condition, error) {
	if p.next().kind == endToken {
		return nil, nil
	}
	c, err := p.either()
	if err != nil {
		return nil, err
	}
	switch t := p.next(); {
	case t.isSymbol(")"):
		return nil, p.fail(t, "this ) has no partner")
	case t.kind != endToken:
		return nil, p.fail(t, "want && or ||, found %v", t)
	}
	return c, nil
}

func (p *filterParser) either() (condition, error) {
	parts, err := p.chain(p.both, "||", "or")
	switch {
	case err != nil:
		return nil, err
	case len(parts) == 1:
		return parts[0], nil
	}
	return anyOf(parts), nil
}

func (p *filterParser) both() (condition, error) {
	parts, err := p.chain(p.test, "&&", "and")
	switch {
	case err != nil:
		return nil, err
	case len(parts) == 1:
		return parts[0], nil
	}
	return allOf(parts), nil
}

// chain reads one or more parts with an operator between them.
func (p *filterParser) chain(part func() (condition, error), symbol, word string) ([]condition, error) {
	var parts []condition
	for {
		c, err := part()
		if err != nil {
			return nil, err
		}
		parts = append(parts, c)
		if t := p.next(); !t.isSymbol(symbol) && !t.isWord(word) {
			return parts, nil
		}
		p.take()
	}
}

func (p *filterParser) test() (condition, error) {
	switch t := p.next(); {
	case t.isSymbol("!"), t.isWord("not"):
		p.take()
		c, err := p.test()
		if err != nil {
			return nil, err
		}
		return negation{c}, nil
	case t.isSymbol("("):
		return p.group()
	}
	return p.comparison()
}

func (p *filterParser) group() (condition, error) {
	open := p.take()
	c, err := p.either()
	if err != nil {
		return nil, err
	}
	switch t := p.take(); {
	case t.isSymbol(")"):
		return c, nil
	case t.kind == endToken:
		return nil, p.fail(open, "this ( has no partner")
	default:
		return nil, p.fail(t, "want &&, || or ), found %v", t)
	}
}

func (p *filterParser) comparison() (condition, error) {
	f, err := p.field()
	if err != nil {
		return nil, err
	}
	switch t := p.next(); {
	case t.isWord("in"):
		return p.membership(f)
	case t.isRelation():
		return p.relation(f)
	case f.kind == boolean:
		return newComparison(f, "=", []operand{{span: span{1, 1}, text: "1"}}), nil
	default:
		return nil, p.fail(t, "want an operator after %q, such as = or in, found %v", f.Name, t)
	}
}

// field reads the name of a field that can be compared.
func (p *filterParser) field() (Field, error) {
	t := p.take()
	if t.kind != bareToken {
		return Field{}, p.fail(t, "want a field, found %v", t)
	}
	f, ok := find(p.fields, t.text)
	switch {
	case !ok:
		return Field{}, &FilterError{Text: p.text, Pos: t.pos, Err: ErrUnknownField,
			Problem: fmt.Sprintf("unknown field %q%s", t.text, nearestField(p.fields, t.text))}
	case f.ofScan != nil:
		return Field{}, p.fail(t, "%q is the same in every row: it cannot be compared", f.Name)
	case f.kind == instant || f.kind == millis:
		return Field{}, p.fail(t, "%q is text for people: it cannot be compared", f.Name)
	}
	return f, nil
}

// relation reads what follows f where that is an operator and one operand.
func (p *filterParser) relation(f Field) (condition, error) {
	op, at := p.take(), p.next()
	if isOrder := strings.ContainsAny(op.text, "<>"); isOrder && f.Type == "string" {
		return nil, p.fail(op, "%v is for numbers, and %q is a string", op, f.Name)
	}
	o, err := p.operand(f)
	if err != nil {
		return nil, err
	}
	if o.span.first != o.span.last {
		return nil, p.fail(at, "%v is a network: want %s in %s", at, f.Name, o.text)
	}
	return newComparison(f, op.text, []operand{o}), nil
}

// membership reads what follows f where that begins with in.
func (p *filterParser) membership(f Field) (condition, error) {
	p.take()
	if !p.next().isSymbol("(") {
		o, err := p.operand(f)
		if err != nil {
			return nil, err
		}
		return newComparison(f, "in", []operand{o}), nil
	}
	open := p.take()
	var list []operand
	for {
		o, err := p.operand(f)
		if err != nil {
			return nil, err
		}
		list = append(list, o)
		switch t := p.take(); {
		case t.isSymbol(")"):
			return newComparison(f, "in", list), nil
		case t.kind == endToken:
			return nil, p.fail(open, "this ( has no partner")
		case !t.isSymbol(","):
			return nil, p.fail(t, "want a comma or ), found %v", t)
		}
	}
}
