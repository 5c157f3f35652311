package output

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// FuzzParseFilter reads any text. What is no filter gives an error that points into the text and fits on a line; what
// is one must come back from its String as the same.
func FuzzParseFilter(f *testing.F) {
	for _, s := range []string{
		"", "success = 1 && repeat = 0", "!(sport in (80, 443) || saddr in 10.0.0.0/8)", `icmp_unreach_str != 'a"b'`,
		"seqnum>18446744073709551615", "succeess", "((((", "!!!!", "saddr=1.2.3.4/", "a\xff'", "sport in (,)", "= and or not",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		filter, err := ParseFilter(s)
		if err != nil {
			var bad *FilterError
			if !errors.As(err, &bad) || bad.Pos < 0 || bad.Pos > len(s) || strings.ContainsAny(err.Error(), "\r\n") {
				t.Fatalf("ParseFilter(%q): %#v, want a *FilterError within the text and on a line", s, err)
			}
			return
		}
		checkSelf(t, filter)
	})
}

// checkSelf parses what f says of itself.
func checkSelf(t *testing.T, f *Filter) {
	t.Helper()
	if len(f.String()) > maxFilterText {
		return
	}
	again := mustFilter(t, f.String())
	if again.String() != f.String() || kept(again) != kept(f) {
		t.Errorf("%q keeps %s; read again it is %q and keeps %s", f, kept(f), again, kept(again))
	}
}

// FuzzFilterMatch makes a filter and works out its verdict at the same time, from the text that the fields of the
// record have in a row.
func FuzzFilterMatch(f *testing.F) {
	f.Add([]byte{})
	for seed := range byte(32) {
		script := make([]byte, 64)
		for i := range script {
			seed = seed*167 + 13
			script[i] = seed ^ seed>>4
		}
		f.Add(script)
	}
	f.Fuzz(func(t *testing.T, script []byte) {
		m := filterMaker{script: script}
		r := allShapes()[m.pick(4)]
		m.row = expectation(r, time.UTC)
		text, want := m.either(3)
		filter := mustFilter(t, text)
		if got := filter.Match(&r); got != want {
			t.Errorf("filter %q, read as %q, of %v: %v, want %v", text, filter, m.row, got, want)
		}
		checkSelf(t, filter)
	})
}

// filterMaker makes filters by the grammar, each method a rule, choosing as script says.
type filterMaker struct {
	script []byte
	row    map[string]string // the fields that are not null
}

// pick returns the next choice out of n.
func (m *filterMaker) pick(n int) int {
	if len(m.script) == 0 {
		return 0
	}
	choice := int(m.script[0]) % n
	m.script = m.script[1:]
	return choice
}

func (m *filterMaker) either(depth int) (text string, want bool) {
	text, want = m.both(depth)
	for range m.pick(3) {
		more, wantMore := m.both(depth)
		text, want = text+[]string{"||", " or "}[m.pick(2)]+more, want || wantMore
	}
	return text, want
}

func (m *filterMaker) both(depth int) (text string, want bool) {
	text, want = m.test(depth)
	for range m.pick(3) {
		more, wantMore := m.test(depth)
		text, want = text+[]string{"&&", " and "}[m.pick(2)]+more, want && wantMore
	}
	return text, want
}

func (m *filterMaker) test(depth int) (text string, want bool) {
	if depth > 0 {
		switch m.pick(4) {
		case 1:
			text, want = m.test(depth - 1)
			return []string{"!", "not "}[m.pick(2)] + text, !want
		case 2:
			text, want = m.either(depth - 1)
			return "(" + text + ")", want
		}
	}
	return m.comparison()
}

func (m *filterMaker) comparison() (string, bool) {
	fields := slices.DeleteFunc(Fields(), func(f Field) bool {
		return f.ofScan != nil || f.Name == "rtt" || f.Name == "timestamp_str"
	})
	f := fields[m.pick(len(fields))]
	switch {
	case f.Name == "saddr" || f.Name == "daddr" || f.Name == "icmp_responder":
		return m.onAddress(f.Name)
	case f.Type == "string":
		return m.onText(f.Name)
	case f.Type == "bool" && m.pick(2) == 0:
		return f.Name, m.row[f.Name] == "true"
	}
	return m.onNumber(f.Name)
}

func (m *filterMaker) onNumber(name string) (string, bool) {
	is, known := m.row[name]
	have, err := strconv.ParseUint(is, 10, 64)
	if err != nil && is == "true" {
		have = 1
	}
	n := []uint64{have, have + 1, have - 1, 0, math.MaxUint64}[m.pick(5)]
	op := []string{"=", "==", "!=", "<", ">", "<=", ">=", " in "}[m.pick(8)]
	want := map[string]bool{
		"=": have == n, "==": have == n, "<": have < n, ">": have > n, "<=": have <= n, ">=": have >= n, " in ": have == n,
	}[op]
	if op == "!=" {
		return fmt.Sprint(name, op, n), !known || have != n
	}
	return fmt.Sprint(name, op, n), known && want
}

func (m *filterMaker) onText(name string) (string, bool) {
	is, known := m.row[name]
	list := []string{is, "rst", "synack", "and"}[m.pick(4):]
	switch m.pick(3) {
	case 1:
		return name + "='" + list[0] + "'", known && is == list[0]
	case 2:
		return name + `!="` + list[0] + `"`, !known || is != list[0]
	}
	return name + ` in ("` + strings.Join(list, `", "`) + `")`, known && slices.Contains(list, is)
}

func (m *filterMaker) onAddress(name string) (string, bool) {
	is, known := m.row[name]
	addr := netip.MustParseAddr("198.18.1.2")
	if known {
		addr = netip.MustParseAddr(is)
	}
	if m.pick(2) == 1 {
		addr = addr.Next()
	}
	switch m.pick(3) {
	case 1:
		return fmt.Sprint(name, " = ", addr), known && addr.String() == is
	case 2:
		return fmt.Sprint(name, " != ", addr), !known || addr.String() != is
	}
	network := netip.PrefixFrom(addr, m.pick(33))
	return fmt.Sprintf("%s in (0.0.0.0, %s)", name, network), known && network.Contains(netip.MustParseAddr(is))
}
