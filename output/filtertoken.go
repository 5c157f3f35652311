package output

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// token is the smallest part of a filter.
type token struct {
	kind tokenKind
	text string // without quotes
	pos  int    // byte of the filter's text where it begins
}

type tokenKind uint8

const (
	endToken    tokenKind = iota // of the text; the last token is one, and no other
	bareToken                    // field, word, number, address or network: which, depends on where it stands
	quotedToken                  // text was in quotes
	symbolToken                  // operator, parenthesis or comma
)

// String names t in an error message.
func (t token) String() string {
	switch t.kind {
	case endToken:
		return "the end"
	case quotedToken:
		return fmt.Sprintf("the text %q", t.text)
	}
	return fmt.Sprintf("%q", t.text)
}

// isSymbol tells whether t is the operator or parenthesis s.
func (t token) isSymbol(s string) bool { return t.kind == symbolToken && t.text == s }

// isRelation tells whether t is an operator between a field and one operand.
func (t token) isRelation() bool {
	return t.kind == symbolToken && slices.Contains([]string{"=", "==", "!=", "<", ">", "<=", ">="}, t.text)
}

// isWord tells whether t is s, in lower case or not.
func (t token) isWord(s string) bool { return t.kind == bareToken && strings.EqualFold(t.text, s) }

// scanFilter cuts the text of a filter into tokens.
func scanFilter(text string) ([]token, error) {
	var tokens []token
	for pos := 0; ; {
		pos += len(text[pos:]) - len(strings.TrimLeft(text[pos:], " \t\r\n"))
		if pos == len(text) {
			return append(tokens, token{kind: endToken, pos: pos}), nil
		}
		t, size, problem := scanToken(text[pos:])
		if problem != "" {
			return nil, &FilterError{Text: text, Pos: pos, Problem: problem}
		}
		t.pos = pos
		tokens = append(tokens, t)
		pos += size
	}
}

// scanToken reads the token that s begins with, of size bytes, or says what is wrong with it.
func scanToken(s string) (t token, size int, problem string) {
	if n := len(s) - len(strings.TrimLeftFunc(s, isBare)); n > 0 {
		return token{kind: bareToken, text: s[:n]}, n, ""
	}
	if s[0] == '"' || s[0] == '\'' {
		n := strings.IndexByte(s[1:], s[0])
		if n < 0 {
			return token{}, 0, fmt.Sprintf("this %c has no partner", s[0])
		}
		return token{kind: quotedToken, text: s[1 : n+1]}, n + 2, ""
	}
	for _, symbol := range []string{"||", "&&", "!=", "<=", ">=", "==", "=", "<", ">", "!", "(", ")", ","} {
		if strings.HasPrefix(s, symbol) {
			return token{kind: symbolToken, text: symbol}, len(symbol), ""
		}
	}
	_, n := utf8.DecodeRuneInString(s)
	if s[0] == '&' || s[0] == '|' {
		return token{}, 0, fmt.Sprintf("%q: did you mean %q?", s[:n], s[:n]+s[:n])
	}
	return token{}, 0, fmt.Sprintf("%q has no meaning here: put text in quotes", s[:n])
}

func isBare(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("_-./", r)
}
